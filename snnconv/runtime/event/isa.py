"""Which instruction set the kernel uses: the best that this machine has, or the one that ``SNNCONV_ISA`` names."""

import os

from snnconv.errors import NotRunnableError

VARIABLE = "SNNCONV_ISA"

MISSING = "the event-driven kernel is not there: snnconv was installed without a C compiler"


def is_built() -> bool:
    """Say whether the kernel was built at installation."""
    try:
        from snnconv.runtime.event import _kernel  # noqa: F401
    except ImportError:
        return False
    return True


def require() -> None:
    """Refuse to go on without the kernel.

    Raises
    ------
    NotRunnableError
        If it was not built.
    """
    if not is_built():
        raise NotRunnableError(f"{MISSING}; install one and then snnconv again, or take --backend numpy")


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
        raise NotRunnableError(f"{VARIABLE} is {asked}, expected one of {', '.join(here)}")
    return [known for known, _ in _kernel.isas()].index(asked)


def name_of(position: int) -> str:
    """Give the name of the instruction set at a position of the kernel's list."""
    from snnconv.runtime.event import _kernel

    return _kernel.isas()[position][0]
