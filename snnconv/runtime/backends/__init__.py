"""The runtimes that can run a network. NumPy is the reference; faster ones give the same spikes to the bit."""

from collections.abc import Iterator
from threading import Event
from typing import Any, NamedTuple, Protocol

import numpy as np

from snnconv.choices import BackendName as BackendName
from snnconv.errors import NotRunnableError
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.recording import Recording
from snnconv.runtime.watch import NOTHING, Seen, Watch

Array = np.ndarray[Any, Any]


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
    """A way to run networks. A backend says what it runs, and runs it for several batches at a time.

    Attributes
    ----------
    name : str
    note : str or None
        What whoever runs it should know, such as why it is not a faster one.
    """

    name: str
    note: str | None

    def supports(self, network: SpikingNetwork) -> list[str]:
        """Give the reasons why a network does not run here; none where it does."""
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


def choose(
    name: BackendName, network: SpikingNetwork, batch: int | None = None, chunk: int | None = None, seed: int = 0
) -> Backend:
    """Give the backend of this name, the fastest that is there for ``auto``; `seed` is that of a Poisson input.

    Raises
    ------
    NotRunnableError
        If it does not run the network, with every reason.
    """
    from snnconv.runtime.backends.numpy_backend import NumpyBackend
    from snnconv.runtime.event.isa import missing, require

    dense = NumpyBackend(batch, chunk, seed=seed)
    # what NumPy does not run, no other runs either
    reasons = dense.supports(network)
    if reasons:
        raise NotRunnableError("; ".join(reasons))
    if name is BackendName.NUMPY:
        return dense
    reason = missing()
    if reason is not None and name is BackendName.AUTO:
        return NumpyBackend(batch, chunk, f"{reason}; running in NumPy, which is many times slower", seed)
    require()
    from snnconv.runtime.backends.event_backend import EventBackend

    event = EventBackend(batch, chunk, seed=seed)
    return event if name is BackendName.EVENT or event.takes(network) else dense
