"""The runtimes that can run a network. NumPy is the reference; faster ones give the same spikes to the bit."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from threading import Event
from typing import Any, NamedTuple, Protocol

import numpy as np

from snnconv.choices import BackendName as BackendName
from snnconv.errors import NotRunnableError
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.event import isa
from snnconv.runtime.recording import Recording
from snnconv.runtime.supported import problems
from snnconv.runtime.watch import NOTHING, Seen, Watch

Array = np.ndarray[Any, Any]

_FILE = "_backend"


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """A simulation was told to stop before it was done."""


class Chunk(NamedTuple):
    """A recording of some images over some steps.

    Attributes
    ----------
    first_image : int
        Position of its first image among those that were given.
    first_step : int
        Its first step, counted from 0.
    recording : Recording
    seen : Seen
        What was watched, until the next chunk.
    """

    first_image: int
    first_step: int
    recording: Recording
    seen: Seen


class Backend(Protocol):
    """A way to run networks. It runs them for several batches at a time.

    Attributes
    ----------
    name : str
    note : str or None
        What whoever runs it should know, such as why it is not a faster one.
    """

    name: str
    note: str | None

    def takes(self, network: SpikingNetwork) -> bool:
        """Say whether it runs more of the network than the reference does, where the user leaves the choice."""
        ...

    def run(
        self,
        network: SpikingNetwork,
        images: Array,
        steps: int,
        *,
        first: int = 0,
        stop: Event | None = None,
        watch: Watch = NOTHING,
    ) -> Iterator[Chunk]:
        """Run preprocessed images (N, C, H, W) float32 for `steps` steps. Called from several threads.

        All steps of a batch of images come, in order, before the next batch. `first` is the position of the first image
        in the data set, `watch` what is asked of single nodes.

        Raises
        ------
        Stopped
            Soon after `stop` is set.
        """
        ...

    def sizes(self, network: SpikingNetwork) -> tuple[int, int]:
        """Give (images, steps) that are run at once."""
        ...


def names() -> tuple[str, ...]:
    """Give the names of the backends: each is a file ``<name>_backend.py`` of this folder."""
    found = (module.name for module in iter_modules(__path__))
    return tuple(sorted(name.removesuffix(_FILE) for name in found if name.endswith(_FILE)))


def choose(
    name: str, network: SpikingNetwork, batch: int | None = None, chunk: int | None = None, seed: int = 0
) -> Backend:
    """Give the backend of this name, the fastest that is there for ``auto``; `seed` is that of a Poisson input.

    Raises
    ------
    NotRunnableError
        If there is none of this name, if it is not here, or if it does not run the network, with every reason.
    """
    if name not in (*names(), BackendName.AUTO):
        raise NotRunnableError(f"there is no backend {name}; take {' or '.join((BackendName.AUTO, *names()))}")
    reasons = problems(network, seed)
    if reasons:
        raise NotRunnableError("; ".join(reasons))
    if name != BackendName.AUTO:
        return _made(name, batch, chunk, seed)
    reason = isa.missing()
    if reason is not None:
        dense = _made(BackendName.NUMPY, batch, chunk, seed)
        dense.note = f"{reason}; running in NumPy, which is many times slower"
        return dense
    event = _made(BackendName.EVENT, batch, chunk, seed)
    return event if event.takes(network) else _made(BackendName.NUMPY, batch, chunk, seed)


def _made(name: str, batch: int | None, chunk: int | None, seed: int) -> Backend:
    """Import a backend when it is asked for, and make it."""
    made: Backend = import_module(f"{__name__}.{name}{_FILE}").BACKEND(batch, chunk, seed=seed)
    return made
