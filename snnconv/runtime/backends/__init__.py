"""The runtimes that can run a network. NumPy is the reference; faster ones give the same spikes to the bit."""

from threading import Event
from typing import Any, Protocol

import numpy as np

from snnconv.choices import BackendName as BackendName
from snnconv.errors import NotRunnableError
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.recording import Recording

Array = np.ndarray[Any, Any]


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """A simulation was told to stop before it was done."""


class Backend(Protocol):
    """A way to run networks. A backend says what it runs, and runs it for several batches at a time."""

    name: str

    def supports(self, network: SpikingNetwork) -> list[str]:
        """Give the reasons why a network does not run here; none where it does."""
        ...

    def simulate(self, network: SpikingNetwork, images: Array, steps: int, stop: Event | None = None) -> Recording:
        """Run preprocessed images (N, C, H, W) float32 for `steps` steps. Called from several threads.

        Raises
        ------
        Stopped
            Soon after `stop` is set.
        """
        ...


def choose(name: BackendName, network: SpikingNetwork, batch: int | None = None, chunk: int | None = None) -> Backend:
    """Give the backend of this name, the fastest that is there for ``auto``.

    Raises
    ------
    NotRunnableError
        If it does not run the network, with every reason.
    """
    from snnconv.runtime.backends.numpy_backend import NumpyBackend

    del name  # both names mean NumPy until there is a second backend
    backend = NumpyBackend(batch, chunk)
    reasons = backend.supports(network)
    if reasons:
        raise NotRunnableError("; ".join(reasons))
    return backend
