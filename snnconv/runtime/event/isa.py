"""Which instruction set the kernel uses: the best that this machine has, or the one that ``SNNCONV_ISA`` names."""

import importlib.util
import os

from snnconv.errors import NotRunnableError

VARIABLE = "SNNCONV_ISA"

NOT_BUILT = "the event-driven kernel is not there: snnconv was installed without a C compiler"


def missing() -> str | None:
    """Say why the kernel cannot be used; None where it can."""
    try:
        from snnconv.runtime.event import _kernel  # noqa: F401
    except ImportError as error:
        there = importlib.util.find_spec("snnconv.runtime.event._kernel") is not None
        return f"the event-driven kernel cannot be loaded: {error}" if there else NOT_BUILT
    return None


def is_built() -> bool:
    """Say whether the kernel can be used."""
    return missing() is None


def require() -> None:
    """Refuse to go on without the kernel.

    Raises
    ------
    NotRunnableError
        If it cannot be used.
    """
    reason = missing()
    if reason is not None:
        advice = (
            "install one, then snnconv anew (pip install --force-reinstall --no-cache-dir), or take --backend numpy"
        )
        raise NotRunnableError(f"{reason}; {advice}" if reason == NOT_BUILT else f"{reason}; take --backend numpy")


def instruction_sets() -> list[str]:
    """Give the instruction sets that the kernel has for this machine, fastest first."""
    from snnconv.runtime.event import _kernel

    return [name for name, here in _kernel.isas() if here]


def position(name: str | None = None) -> int:
    """Give the position in the kernel's list of an instruction set.

    Parameters
    ----------
    name : str, optional
        None takes what ``SNNCONV_ISA`` names, else the fastest that is here.

    Raises
    ------
    NotRunnableError
        If the kernel was not built, or ``SNNCONV_ISA`` names an instruction set that is not here.
    """
    require()
    from snnconv.runtime.event import _kernel

    here = instruction_sets()
    asked = name or os.environ.get(VARIABLE) or here[0]
    if asked not in here:
        whose = "the instruction set" if name else VARIABLE
        raise NotRunnableError(f"{whose} is {asked}, expected one of {', '.join(here)}")
    return [known for known, _ in _kernel.isas()].index(asked)


def name_of(position: int) -> str:
    """Give the name of the instruction set at a position of the kernel's list."""
    from snnconv.runtime.event import _kernel

    return _kernel.isas()[position][0]
