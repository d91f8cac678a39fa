"""What the IR carries and the runtime does not run is refused by name."""

from dataclasses import replace

import numpy as np
import pytest

from snnconv.errors import NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.runtime.backends import BackendName, choose


def test_an_encoding(random_network) -> None:
    network = replace(random_network(0), encoding=ir.Encoding.EVENTS)
    expected = (
        "the network has the encoding events, which the runtime does not run yet; give another: constant or poisson"
    )
    with pytest.raises(NotRunnableError, match=expected):
        choose(BackendName.NUMPY, network)


def test_a_delay(random_network) -> None:
    network = random_network(0)
    edges = (network.edges[0].model_copy(update={"delay": 3}), *network.edges[1:])
    with pytest.raises(NotRunnableError, match=r"the edge image → conv1 has a delay of 3 steps"):
        choose(BackendName.NUMPY, replace(network, edges=edges))


def test_a_step_axis(maker) -> None:
    maker.add(ir.Input, "image", (1, 2, 2))
    maker.add(ir.Scale, "scale", (1, 2, 2), "image", gain=np.ones((16, 1, 1, 1)))
    maker.add(ir.Flatten, "flat", (4,), "scale")
    maker.add(ir.Readout, "readout", (4,), "flat", mode=ir.ReadoutMode.CURRENT)
    with pytest.raises(NotRunnableError, match=r"node scale: scale\.gain has a step axis"):
        choose(BackendName.NUMPY, maker.network(steps=16, exact=False))
