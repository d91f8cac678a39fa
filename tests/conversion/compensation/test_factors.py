"""Compensation factors: which weights they multiply, and what that does to every layer."""

from typing import Any

import numpy as np
import pytest

from snnconv.choices import Shortcut
from snnconv.conversion.convert import convert
from snnconv.conversion.options import ConversionOptions
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork, topological_order
from snnconv.runtime.program import relu_values
from snnconv.transforms.exact_sums import exact_sums
from snnconv.transforms.factors import Factors, synapses_onto
from tests.runtime.wirings import Net

Array = np.ndarray[Any, Any]
PLAIN: dict[str, Any] = {"compensation": "none"}


def names(network: SpikingNetwork) -> dict[str, list[str]]:
    found = synapses_onto(network.nodes, network.edges)
    return {reader: [node.name for node in nodes] for reader, nodes in found.items()}


def test_an_identity_shortcut_and_a_pooling_belong_to_their_neurons() -> None:
    m = Net()
    first = m.start()
    second = m.neurons("n1", m.conv("c1", first, 5))
    third = m.neurons("n2", m.conv("c2", second, 5), m.scale("shortcut", first))
    # a mean behind neurons: the sum is of spikes, the synapse comes after it
    fourth = m.neurons("n3", m.scale("mean", m.pool("pool", third, (2, 2), (2, 2))))
    # and here the currents are added up
    m.neurons("n4", m.pool("pool2", m.conv("c4", fourth, 4, pads=(0, 0, 0, 0), kernel=(1, 1)), (2, 1)))
    network = m.finish("n4")
    assert names(network) == {
        "n0": ["c0"],
        "n1": ["c1"],
        "n2": ["c2", "shortcut"],
        "n3": ["mean"],
        "n4": ["c4", "pool2"],
        "readout": ["logits"],
    }


def test_on_a_membrane_shortcut_only_what_leads_onto_neurons_counts() -> None:
    """Currents added to currents: c1 + c2 is read by n1's synapse and by the next sum."""
    m = Net()
    first = m.start()
    total = m.put(ir.Sum, "sum1", m.conv("c1", first, 5), m.conv("c2", first, 5))
    between = m.neurons("n1", m.scale("onto1", total))
    total = m.put(ir.Sum, "sum2", total, m.conv("c3", between, 5))
    network = m.finish(m.neurons("n2", m.scale("onto2", total)))
    # c1, c2, c3 lead onto onto1 and onto2: ζ there would count twice
    assert names(network) == {"n0": ["c0"], "n1": ["onto1"], "n2": ["onto2"], "readout": ["logits"]}


def test_what_several_neurons_read_is_taken_once() -> None:
    m = Net()
    first = m.start()
    shared = m.conv("c1", first, 5)
    m.neurons("n1", shared)
    m.neurons("n2", shared, m.conv("c2", first, 5))
    network = m.finish(m.put(ir.Concat, "both", "n1", "n2", axis=0))
    assert names(network) == {"n0": ["c0"], "n1": ["c1"], "n2": ["c2"], "readout": ["logits"]}


def test_spikes_that_are_read_without_weights() -> None:
    m = Net()
    m.neurons("n1", m.put(ir.Sum, "sum", m.start(), "n0"))
    network = m.finish("n1")
    assert names(network)["n1"] == ["sum"]


@pytest.fixture(params=list(Shortcut))
def shortcut(request: pytest.FixtureRequest) -> Shortcut:
    return request.param


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("readout", list(ir.ReadoutMode))
def test_every_weight_is_multiplied_once(biases, readout, shortcut, sample_graph, sample_calibration) -> None:
    """Shortcuts, classifier and the synapses behind the pooling too. A grid may be one bit coarser for it."""
    factor = 1.25
    given: dict[str, Any] = {"readout": readout, "shortcut": shortcut, "compensate_biases": biases}
    plain = convert(sample_graph, sample_calibration, ConversionOptions(**given, **PLAIN))
    found = convert(sample_graph, sample_calibration, ConversionOptions(**given, compensation=factor))
    assert [node.name for node in found.nodes] == [node.name for node in plain.nodes]
    seen = set()
    for node in plain.nodes:
        for field in node.PARAMETERS:
            name = getattr(node, field)
            if name is None:
                continue
            seen.add((node.kind, field))
            times = factor if field in ("weight", "gain") or (biases and field in ("bias", "offset")) else 1.0
            # both are rounded to half a step of their grids
            step = 0.0
            if isinstance(node, ir.Weighted):
                grids = [network.tensors[network.by_name[node.name].grid].min() for network in (plain, found)]
                step = times * 2.0 ** -(grids[0] + 1.0) + 2.0 ** -(grids[1] + 1.0)
            np.testing.assert_allclose(found.tensors[name], times * plain.tensors[name], rtol=1e-7, atol=step)
    assert {("Conv", "weight"), ("Conv", "bias"), ("Dense", "weight"), ("Scale", "gain")} <= seen
    # λ is what a spike stands for in the ONNX model: that stays
    for node in plain.neurons:
        np.testing.assert_array_equal(found.tensors[node.source_scale], plain.tensors[node.source_scale])


def test_a_layer_of_its_own_goes_before_everywhere(sample_graph, sample_calibration) -> None:
    options = ConversionOptions(**PLAIN)
    plain = convert(sample_graph, sample_calibration, options)
    own = plain.neurons[3]
    factors = Factors(1.5, {own.name: 1.25})
    found = convert(sample_graph, sample_calibration, options, factors=factors)
    for reader, nodes in synapses_onto(plain.nodes, plain.edges).items():
        for node in nodes:
            if isinstance(node, ir.Weighted):
                name = node.factor
                largest = np.abs(found.tensors[name]).max() / np.abs(plain.tensors[name]).max()
                assert largest == pytest.approx(1.25 if reader == own.name else 1.5, rel=1e-4)


def test_a_dead_relu_on_a_membrane_shortcut_does_not_multiply_what_others_read(
    new_model, tmp_path, calibrated_model
) -> None:
    """λ of a ReLU that never fires is 1, and so is that of the shared current: its synapse must be its own still."""
    b = new_model()
    same: dict[str, Any] = {"pads": [1, 1, 1, 1]}
    x = b.conv("input", "stem", (4, 2, 3, 3), **same)
    y = b.relu(x, "relu1")
    # relu2 reads x + branch, kept far below zero
    low = b.node("Sub", [b.conv(y, "branch", (4, 4, 3, 3), **same), b.constant("far", 100.0)], "low")
    x = b.add(x, low, "add1")
    y = b.conv(b.relu(x, "relu2"), "branch2", (4, 4, 3, 3), **same)
    b.classifier(b.relu(b.add(x, y, "add2"), "relu3"), 4)
    graph, calibration = calibrated_model(b.save(tmp_path / "dead.onnx"))
    factor = 1.25
    plain, found = (convert(graph, calibration, ConversionOptions(compensation=each)) for each in ("none", factor))
    (dead,) = (node for node in plain.neurons if node.source == "relu2")
    assert plain.tensors[dead.source_scale] == 1.0
    for name in ("STEM", "BRANCH"):
        tensor = plain.by_name[name].weight
        np.testing.assert_allclose(found.tensors[tensor], plain.tensors[tensor], rtol=1e-5, atol=1e-6)
    mine = names(plain)[dead.name]
    assert [plain.by_name[name].kind for name in mine] == ["Scale"]
    assert found.tensors[plain.by_name[mine[0]].gain] == factor


def chain(layers: int, factor: float) -> SpikingNetwork:
    """Give a chain without biases, its factor put in as the conversion does."""
    m = Net()
    m.add(ir.Input, "image", (3, 4, 4), amplitude=2.0)
    source = "image"
    for i in range(layers):
        conv = m.conv(f"c{i}", source, 4, bias=np.zeros((4, 1, 1)))
        source = m.neurons(f"n{i}", conv, threshold=np.asarray(1.0), initial_potential=np.asarray(0.0))
    m.finish(source, exact=False)
    for nodes in synapses_onto(m.nodes, m.edges).values():
        for node in nodes:
            if isinstance(node, ir.Conv | ir.Dense):
                m.tensors[node.weight] = m.tensors[node.weight] * factor
    ordered = topological_order(m.nodes, m.edges)
    made = m.network(exact=False)
    assert made.nodes == ordered
    return exact_sums(made)


def test_along_a_chain_without_biases_factors_multiply_up() -> None:
    """ReLUs let a positive factor pass: layer l carries ζ^l times what it did."""
    layers, factor = 4, 1.5
    images = np.random.default_rng(0).normal(size=(5, 3, 4, 4)).astype(np.float32)
    plain, found = (relu_values(chain(layers, each), images)[0] for each in (1.0, factor))
    for i in range(layers):
        expected = factor ** (i + 1) * plain[f"n{i}"]
        assert expected.max() > 0
        np.testing.assert_allclose(found[f"n{i}"], expected, rtol=0, atol=1e-5 * expected.max())


def test_a_converted_chain_without_biases_does_the_same(new_model, tmp_path, calibrated_model) -> None:
    """The same law through `convert`: λ stays, so the ReLU network's values grow by ζ^l, the classifier's too."""
    b = new_model()
    x = "input"
    for i, channels in enumerate((2, 4, 4)):
        x = b.relu(b.conv(x, f"c{i}", (4, channels, 3, 3), pads=[1, 1, 1, 1]), f"r{i}")
    weight = b.constant("logits.weight", b.random.normal(0, 0.5, (5, 4)))
    pooled = b.node("Flatten", [b.node("GlobalAveragePool", [x], "pooled")], "flat")
    b.node("Gemm", [pooled, weight], "logits", transB=1)
    graph, calibration = calibrated_model(b.save(tmp_path / "chain.onnx"))
    images = np.random.default_rng(1).normal(size=(4, 2, 8, 8)).astype(np.float32)
    factor = 1.5
    values = []
    for each in ("none", factor):
        network = convert(graph, calibration, ConversionOptions(compensation=each))
        values.append((network, relu_values(network, images)[0]))
    (network, plain), (_, found) = values
    # 3 convolutions, the neurons behind the pooling, the classifier
    assert len(network.neurons) == 5
    for depth, node in enumerate(network.neurons, 1):
        expected = factor**depth * plain[node.name]
        assert expected.max() > 0
        np.testing.assert_allclose(found[node.name], expected, rtol=0, atol=1e-4 * expected.max())
