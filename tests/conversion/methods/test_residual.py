"""Residual units in a graph, and the constraints of Sengupta et al., section 6, in the four variants of Fig. 3."""

from typing import Any

import pytest

from snnconv import passes
from snnconv.conversion.methods.residual import bias_free, junction_relus, plain_layers, unit_relus
from snnconv.graph.reading.reader import read

SAME: dict[str, Any] = {"pads": [1, 1, 1, 1]}


def variant(model: Any, plain: int = 1, junctions: bool = True, units: int = 2, bias: bool = False) -> Any:
    """Build convolutions with ReLUs ``p1`` to ``pN``, and units of two convolutions with an identity shortcut."""
    b = model()
    x, channels = "input", 2
    for i in range(1, plain + 1):
        x, channels = b.relu(b.conv(x, f"pc{i}", (4, channels, 3, 3), bias=bias, **SAME), f"p{i}"), 4
    for i in range(1, units + 1):
        y = b.relu(b.conv(x, f"a{i}c", (4, 4, 3, 3), **SAME), f"a{i}")
        x = b.add(b.conv(y, f"b{i}c", (4, 4, 3, 3), **SAME), x, f"s{i}")
        if junctions:
            x = b.relu(x, f"j{i}")
    pooled = b.node("Flatten", [b.node("GlobalAveragePool", [x], "pooled")], "flat")
    b.node("Gemm", [pooled, b.constant("w", b.random.normal(0, 0.5, (5, 4)))], "logits", transB=1)
    return b


@pytest.fixture
def graph_of(new_model, tmp_path):
    def make(**given: Any):
        return passes.run(read(variant(new_model, **given).save(tmp_path / "v.onnx")))

    return make


def test_units_hold_their_path_and_their_junction(graph_of) -> None:
    graph = graph_of(plain=3)
    assert unit_relus(graph) == {"a1", "j1", "a2", "j2"}
    assert plain_layers(graph, unit_relus(graph)) == 3
    assert junction_relus(graph)


def test_without_junction_relus(graph_of) -> None:
    graph = graph_of(plain=1, junctions=False)
    assert unit_relus(graph) == {"a1", "a2"}
    assert not junction_relus(graph)
    assert plain_layers(graph, unit_relus(graph)) == 1


def test_of_a_plain_network_nothing_is_in_a_unit(graph_of) -> None:
    graph = graph_of(plain=4, units=0)
    assert unit_relus(graph) == set()
    assert plain_layers(graph, set()) == 4


def test_a_junction_that_is_read_beside_its_relu_counts_as_none(new_model, tmp_path) -> None:
    """Pre-activation: the sum goes on past the ReLU."""
    b = new_model()
    x = b.conv("input", "stem", (4, 2, 3, 3), **SAME)
    for i in (1, 2):
        y = b.conv(b.relu(x, f"r{i}"), f"c{i}", (4, 4, 3, 3), **SAME)
        x = b.add(y, x, f"s{i}")
    b.classifier(b.relu(x, "last"), 4)
    graph = passes.run(read(b.save(tmp_path / "pre.onnx")))
    assert not junction_relus(graph)
    assert unit_relus(graph) == {"r1", "r2", "last"}


def test_every_kind_of_shortcut(tiny_resnet) -> None:
    graph = passes.run(read(tiny_resnet))
    assert unit_relus(graph) == {f"relu{i}" for i in range(2, 8)}
    assert plain_layers(graph, unit_relus(graph)) == 1
    assert not bias_free(graph.nodes)


@pytest.mark.parametrize("bias", [False, True])
def test_a_bias_anywhere_is_one(graph_of, bias) -> None:
    assert bias_free(graph_of(bias=bias).nodes) is not bias
