"""What flows along the edges, and what a gate refuses."""

from dataclasses import replace

import numpy as np
import pytest

from snnconv.errors import NetworkError
from snnconv.ir import nodes as ir
from snnconv.ir.flow import Kind
from tests.runtime.wirings import Net

POOL = {"kernel": (2, 2), "strides": (2, 2), "pads": (0, 0, 0, 0)}


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda net: net.conv("c", "n0", 4), "current of c"),
        (lambda net: "image", "current of image"),
        (lambda net: net.put(ir.Sum, "sum", "n0", "n0"), "graded spikes of sum"),
        (lambda net: net.pool("sums", "n0", (2, 2)), "graded spikes of sums"),
    ],
)
def test_a_gate_reads_spikes_alone(make, found) -> None:
    net = Net()
    net.start(2)
    net.put(ir.MaxPoolGate, "gate", make(net), **POOL)
    network = net.finish("gate", exact=False)
    with pytest.raises(NetworkError) as caught:
        assert network.flows
    assert str(caught.value) == f"node gate: a MaxPoolGate reads spikes, found {found}; a MaxPoolCurrent takes them"


@pytest.mark.parametrize(
    ("value", "carries"),
    [([1.0], 1.0), ([0.75], 0.75), ([2.0, 2.0], 2.0), ([2.0, 1.0], None)],
)
def test_what_every_spike_carries(value, carries) -> None:
    """Through all that moves, joins or pools spikes; sums of spikes and spikes that differ have no one number."""
    net = Net()
    net.start(2, spike_value=np.reshape(value, (-1, 1, 1)))
    cut = net.select("cut", "n0", starts=(1, 0, 0), pads=((1, 0), (0, 0), (0, 0)))
    net.put(ir.MaxPoolGate, "gate", net.put(ir.Concat, "same", "n0", cut, axis=0), **POOL)
    net.put(ir.MaxPoolCurrent, "largest", "gate", **POOL)
    net.neurons("ones", "gate")
    net.put(ir.Concat, "mixed", "gate", "ones", axis=0)
    net.put(ir.Sum, "sum", "gate", "gate")
    flat = [net.put(ir.Flatten, f"flat_{name}", name) for name in ("mixed", "sum", "largest")]
    found = net.finish(net.put(ir.Concat, "all", *flat, axis=0), exact=False).flows
    assert {found[name].carries for name in ("n0", "cut", "same", "gate", "largest", "flat_largest")} == {carries}
    assert found["mixed"].carries == (1.0 if carries == 1.0 else None)
    assert found["sum"].carries is None
    assert found["image"].carries is None


def test_the_train_of_the_image_goes_through_what_has_no_weights() -> None:
    """As signed spikes of 1, whatever the amplitude; with a constant input there is none."""
    net = Net()
    net.start(2)
    net.pool("sums", "image", (2, 2))
    cut = net.select("cut", "image", starts=(1, 0, 0), pads=((0, 1), (0, 0), (0, 0)))
    flat = [net.put(ir.Flatten, f"flat_{name}", name) for name in ("sums", cut, "n0")]
    network = net.finish(net.put(ir.Concat, "all", *flat, axis=0), exact=False)
    found = replace(network, encoding=ir.Encoding.POISSON).flows
    assert {name for name, flow in found.items() if flow.train} == {"image", "sums", "cut", "flat_sums", "flat_cut"}
    limits = {name: (found[name].kind, found[name].least, found[name].largest) for name in ("image", "cut", "sums")}
    spikes = (Kind.SPIKES, -1.0, 1.0)
    assert limits == {"image": spikes, "cut": spikes, "sums": (Kind.GRADED, -4.0, 4.0)}
    assert [found[name].narrow for name in ("image", "sums", "n0", "c0")] == [False, False, True, False]
    assert not any(flow.constant or flow.carries for name, flow in found.items() if flow.train)
    assert not any(flow.train for flow in network.flows.values())
