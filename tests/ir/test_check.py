"""The rules of the IR, each broken once."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from snnconv.errors import NetworkError
from snnconv.ir import nodes as ir
from snnconv.ir.check import check
from snnconv.ir.manifest import Provenance
from snnconv.ir.network import SpikingNetwork, topological_order


def nodes(**changes):
    """Input (1, 4, 4) → Conv → Neuron → Flatten → Dense → Readout, with nodes replaced by name."""
    conv = {"strides": (1, 1), "pads": (1, 1, 1, 1), "dilations": (1, 1)}
    made = {
        "image": ir.Input(name="image", shape=(1, 4, 4), amplitude=1.0),
        "conv": ir.Conv(name="conv", shape=(2, 4, 4), weight="w", bias="b", grid="q", **conv),
        "neuron": ir.Neuron(name="neuron", shape=(2, 4, 4), threshold="t", source_scale="s"),
        "flat": ir.Flatten(name="flat", shape=(32,)),
        "dense": ir.Dense(name="dense", shape=(3,), weight="d"),
        "readout": ir.Readout(name="readout", shape=(3,), mode=ir.ReadoutMode.CURRENT),
    }
    for name, fields in changes.items():
        made[name] = made[name].model_copy(update=fields)
    return tuple(made.values())


TENSORS = {
    "w": np.full((2, 1, 3, 3), 0.25),
    "b": np.zeros((2, 1, 1)),
    "q": np.asarray([3, 4], dtype=np.int16),
    "t": np.asarray(1.0),
    "s": np.asarray([1.0, 2.0]),
    "d": np.ones((3, 32)),
}


def network(nodes=None, edges=None, tensors=None, **fields) -> SpikingNetwork:
    made = globals()["nodes"]() if nodes is None else nodes
    pairs = [(a.name, b.name) for a, b in pairwise(made)] if edges is None else edges
    return SpikingNetwork(
        nodes=made,
        edges=tuple(ir.Edge(source=a, target=b) for a, b in pairs),
        tensors=TENSORS if tensors is None else tensors,
        steps=8,
        provenance=Provenance(tool="test", method="hand-made"),
        **fields,
    )


def test_a_good_network_passes() -> None:
    made = network()
    assert check(made) is made


CHAIN = ["image", "conv", "neuron", "flat", "dense", "readout"]
EDGES = list(pairwise(CHAIN))


def pooled(kind, pads):
    """Input (1, 4, 4) → Conv → Neuron → pool of 2 × 2 windows → Flatten → Dense → Readout."""
    shape = (2, 3 + pads[0] + pads[2], 3 + pads[1] + pads[3])
    size = int(np.prod(shape))
    made = list(nodes(flat={"shape": (size,)}))
    made.insert(3, kind(name="pool", shape=shape, kernel=(2, 2), strides=(1, 1), pads=pads))
    return network(nodes=tuple(made), tensors=TENSORS | {"d": np.ones((3, size))})


BROKEN = {
    "two nodes have the name conv": lambda: network(nodes=(*nodes(), nodes()[1]), edges=EDGES),
    "names the node ghost, which does not exist": lambda: network(edges=[*EDGES, ("ghost", "conv")]),
    "form a cycle": lambda: network(edges=[*EDGES, ("neuron", "conv")]),
    "not in topological order": lambda: network(nodes=nodes()[::-1], edges=EDGES),
    "one Readout node, found 0": lambda: network(nodes=nodes()[:-1], edges=EDGES[:-1]),
    "one Input node, found 2": lambda: replace(
        network(), nodes=(nodes()[0], ir.Input(name="b", shape=(1, 4, 4)), *nodes()[1:])
    ),
    "a Flatten has one incoming edge, found 0": lambda: network(edges=[e for e in EDGES if e[1] != "flat"]),
    "a Conv needs an incoming edge": lambda: network(edges=EDGES[1:]),
    "counting spikes needs a Neuron before it, found Dense": lambda: network(
        nodes=nodes(readout={"mode": ir.ReadoutMode.SPIKES})
    ),
    "2 class names for a readout of 3 classes": lambda: network(classes=("a", "b")),
    "the tensor w is named by a node but missing": lambda: network(
        tensors={k: v for k, v in TENSORS.items() if k != "w"}
    ),
    "the tensor extra belongs to no node": lambda: network(tensors=TENSORS | {"extra": np.ones(1)}),
    "its shape is (2, 5, 5), its inputs make (2, 4, 4)": lambda: network(nodes=nodes(conv={"shape": (2, 5, 5)})),
    "weight (2, 3, 3, 3) in 1 groups does not fit (1, 4, 4)": lambda: network(
        tensors=TENSORS | {"w": np.zeros((2, 3, 3, 3))}
    ),
    "weight (3, 31) does not fit the input (32,)": lambda: network(tensors=TENSORS | {"d": np.ones((3, 31))}),
    "bias (3, 1, 1) does not broadcast to (2, 4, 4)": lambda: network(tensors=TENSORS | {"b": np.zeros((3, 1, 1))}),
    "bias has 4 steps, the network runs 8": lambda: network(tensors=TENSORS | {"b": np.zeros((4, 2, 1, 1))}),
    "its grid must be int16, one or 2 values from −100 to 100, found int32 (2,)": lambda: network(
        tensors=TENSORS | {"q": np.asarray([3, 4], dtype=np.int32)}
    ),
    "values from −100 to 100, found int16 ()": lambda: network(
        tensors=TENSORS | {"q": np.asarray(5000, dtype=np.int16)}
    ),
    "pads (2, 0, 2, 0) make a window of nothing but padding, expected fewer than the kernel (2, 2)": lambda: pooled(
        ir.MaxPoolCurrent, (2, 0, 2, 0)
    ),
    "pads (0, 0, 3, 3) make a window of nothing but padding": lambda: pooled(ir.MaxPoolGate, (0, 0, 3, 3)),
    "w is not on its grid": lambda: network(tensors=TENSORS | {"w": np.full((2, 1, 3, 3), 0.3)}),
    "node conv: w holds NaN, infinity or a number beyond float32": lambda: network(
        tensors=TENSORS | {"w": np.full((2, 1, 3, 3), np.nan)}
    ),
    "node conv: b holds NaN, infinity or a number beyond float32": lambda: network(
        tensors=TENSORS | {"b": np.asarray([[[0.0]], [[-np.inf]]])}
    ),
    # has no grid
    "node dense: d holds NaN, infinity or a number beyond float32": lambda: network(
        tensors=TENSORS | {"d": np.full((3, 32), 1e39)}
    ),
    "node neuron: t holds NaN or infinity": lambda: network(tensors=TENSORS | {"t": np.asarray(np.inf)}),
    "node neuron: s holds NaN or infinity": lambda: network(tensors=TENSORS | {"s": np.asarray([1.0, np.inf])}),
    "node neuron: v holds NaN or infinity": lambda: network(
        nodes=nodes(neuron={"initial_potential": "v"}), tensors=TENSORS | {"v": np.asarray(np.nan)}
    ),
    "the tensor w is complex64, expected one of float16, float32": lambda: network(
        tensors=TENSORS | {"w": TENSORS["w"].astype(np.complex64)}
    ),
    "the tensor t is bool, expected one of": lambda: network(tensors=TENSORS | {"t": np.asarray(True)}),
    "the tensor w has no numbers: its shape is (2, 1, 0, 3)": lambda: network(
        tensors=TENSORS | {"w": np.zeros((2, 1, 0, 3))}
    ),
    "a threshold must be positive": lambda: network(tensors=TENSORS | {"t": np.asarray(0.0)}),
    "a leak lies between 0 and 1": lambda: network(
        nodes=nodes(neuron={"rule": ir.LeakyIntegrateAndFire(leak="leak")}),
        tensors=TENSORS | {"leak": np.asarray(1.5)},
    ),
    "source_scale must be positive, one or 2 values": lambda: network(tensors=TENSORS | {"s": np.ones(3)}),
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_rule_is_named(text) -> None:
    with pytest.raises(NetworkError) as caught:
        check(BROKEN[text]())
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("pads", [(0, 0, 0, 0), (1, 1, 1, 1), (1, 0, 0, 1)])
@pytest.mark.parametrize("kind", [ir.MaxPoolGate, ir.MaxPoolCurrent])
def test_pools_with_pads_below_their_kernel_pass(kind, pads) -> None:
    made = pooled(kind, pads)
    assert check(made) is made


def test_sums_over_padding_alone_pass() -> None:
    """A sum of nothing is zero; only a maximum of nothing is none."""
    made = pooled(ir.SumPool, (2, 0, 2, 0))
    assert check(made) is made


def test_topological_order_keeps_the_order_that_edges_leave_open() -> None:
    made = nodes()
    edges = [ir.Edge(source=a, target=b) for a, b in EDGES]
    assert topological_order(list(made), edges) == made
    assert topological_order(list(made[::-1]), edges) == made
