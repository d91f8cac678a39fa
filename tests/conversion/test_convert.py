"""The converted network: parity with the ONNX model, its wiring, and what each option changes."""

from dataclasses import replace

import numpy as np
import pytest

from snnconv.choices import Granularity, Shortcut
from snnconv.conversion.convert import convert
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.scales import Scales
from snnconv.errors import CalibrationError, ParityError
from snnconv.ir import nodes as ir
from snnconv.measuring.parity import TOLERANCE, check_parity, deviations
from snnconv.runtime.backends.numpy_backend import NumpyBackend

OPTIONS = [
    ConversionOptions(),
    ConversionOptions(readout=ir.ReadoutMode.CURRENT),
    ConversionOptions(granularity=Granularity.CHANNEL),
    ConversionOptions(granularity=Granularity.CHANNEL, readout=ir.ReadoutMode.CURRENT, percentile=100),
    ConversionOptions(percentile=99.99, nonzero=True, initial_potential=0.5),
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: f"{o.readout}-{o.granularity}-{o.percentile:g}")
def test_every_relu_add_and_output_is_the_onnx_models(
    options, sample_graph, sample_calibration, sample_model, sample_images
) -> None:
    network = convert(sample_graph, sample_calibration, options)
    found = deviations(network, sample_model, [sample_images])
    compared = {d.value for d in found}
    for node in sample_graph.nodes:
        if type(node).__name__ in ("Relu", "Add", "Conv", "Dense"):
            assert node.output in compared
    assert max(d.error for d in found) < TOLERANCE
    # in two batches onnxruntime may round otherwise: float32's own 1e-7 of a value, some layers on
    halves = check_parity(network, sample_model, [sample_images[:9], sample_images[9:]])
    assert halves.error == pytest.approx(max(d.error for d in found), abs=2e-6)


def test_a_wrong_scale_that_keeps_every_decision_fails(
    sample_graph, sample_calibration, sample_model, sample_images
) -> None:
    network = convert(sample_graph, sample_calibration, ConversionOptions(readout=ir.ReadoutMode.CURRENT))
    dense = next(node for node in network.nodes if isinstance(node, ir.Dense))
    tensors = dict(network.tensors)
    for name in (dense.weight, dense.bias):
        tensors[name] = tensors[name] * np.float32(1.001)
    with pytest.raises(ParityError, match=r"the network deviates from digits_resnet\.onnx at logits \(node .*Gemm\)"):
        check_parity(replace(network, tensors=tensors), sample_model, [sample_images])


def test_identity_shortcuts_weigh_the_ratio_of_the_scales(sample_graph, sample_calibration) -> None:
    """Hu et al., Eq. 5-6: the synaptic weight of a shortcut is max_in / max_out."""
    network = convert(sample_graph, sample_calibration, ConversionOptions())
    scales = Scales(sample_calibration, ConversionOptions())
    shortcuts = [node for node in network.nodes if isinstance(node, ir.Scale) and "shortcut" in node.name]
    assert len(shortcuts) == 4
    for node in shortcuts:
        source = network.by_name[network.incoming[node.name][0].source]
        target = network.by_name[network.outgoing[node.name][0].target]
        expected = scales.of(source.source)[0] / scales.of(target.source)[0]
        # the weight lies on the layer's grid: off by at most half a step of it
        assert network.tensors[node.gain].reshape(-1) == pytest.approx(
            expected, abs=2.0 ** -(network.tensors[node.grid].min() + 1.0)
        )


def test_the_control_changes_identity_shortcuts_and_nothing_else(sample_graph, sample_calibration) -> None:
    normal = convert(sample_graph, sample_calibration, ConversionOptions())
    control = convert(sample_graph, sample_calibration, ConversionOptions(shortcut=Shortcut.UNNORMALISED))
    assert [node.name for node in control.nodes] == [node.name for node in normal.nodes]
    for name, tensor in control.tensors.items():
        if name.endswith(".grid"):
            continue
        if name.endswith("/shortcut.gain"):
            assert (tensor == 1.0).all()
            assert (normal.tensors[name] != 1.0).all()
        else:
            # a weight of 1 may make the layer's grid coarser, so its other weights are rounded otherwise
            np.testing.assert_allclose(tensor, normal.tensors[name], rtol=0, atol=2.0**-17)


def test_the_papers_network_ends_in_neurons(sample_graph, sample_calibration) -> None:
    network = convert(sample_graph, sample_calibration, ConversionOptions())
    pool, classes = network.neurons[-2:]
    assert (pool.shape, classes.shape) == ((32, 1, 1), (10,))
    assert network.readout.mode is ir.ReadoutMode.SPIKES
    assert network.readout.ties is ir.Ties.MEMBRANE
    assert all(network.tensors[n.threshold] == 1.0 for n in network.neurons)
    assert all(n.rule.reset is ir.Reset.SUBTRACT for n in network.neurons)
    scale = network.tensors[classes.source_scale]
    assert scale.shape == ()
    assert scale == pytest.approx(sample_calibration.by_name["logits"].percentile(99.9))


def test_the_current_readout_leaves_both_layers_out(sample_graph, sample_calibration) -> None:
    network = convert(sample_graph, sample_calibration, ConversionOptions(readout=ir.ReadoutMode.CURRENT))
    relus = sum(type(node).__name__ == "Relu" for node in sample_graph.nodes)
    assert len(network.neurons) == relus == 13
    assert network.readout.mode is ir.ReadoutMode.CURRENT


def test_the_initial_potential_is_a_part_of_the_threshold(sample_graph, sample_calibration) -> None:
    network = convert(sample_graph, sample_calibration, ConversionOptions(initial_potential=0.5))
    assert all(network.tensors[n.initial_potential] == 0.5 for n in network.neurons)


def test_scales_per_channel_are_floored_and_dead_channels_take_the_layers(sample_calibration) -> None:
    value = sample_calibration.values[0]
    quiet = value.channel_percentiles(100).argmin()
    keep = [i for c in range(value.channels) if c != quiet for i in range(value.offsets[c], value.offsets[c + 1])]
    sizes = np.diff(value.offsets)
    sizes[quiet] = 0
    dead = replace(
        value,
        codes=value.codes[keep],
        counts=value.counts[keep],
        offsets=np.concatenate([[0], np.cumsum(sizes)]),
        largest=np.where(np.arange(value.channels) == quiet, 0, value.largest).astype(np.float32),
    )
    calibration = replace(sample_calibration, values=(dead, *sample_calibration.values[1:]))
    options = ConversionOptions(granularity=Granularity.CHANNEL)
    found = Scales(calibration, options).of(value.name)
    layer = dead.percentile(99.9)
    assert found[quiet] == layer
    assert (found >= 0.01 * layer).all()
    assert len(set(found)) > 2


def test_a_silent_layer_gets_a_positive_scale(sample_calibration) -> None:
    value = sample_calibration.values[0]
    empty = np.zeros(0, dtype=np.int64)
    silent = replace(
        value,
        codes=empty.astype(np.uint16),
        counts=empty,
        offsets=np.zeros(value.channels + 1, dtype=np.int64),
        largest=np.zeros(value.channels, dtype=np.float32),
    )
    calibration = replace(sample_calibration, values=(silent, *sample_calibration.values[1:]))
    assert Scales(calibration, ConversionOptions()).of(value.name).tolist() == [1.0] * value.channels


def test_a_calibration_of_another_model_is_refused(sample_graph, sample_calibration) -> None:
    other = replace(sample_calibration, model_sha256="0" * 64)
    with pytest.raises(CalibrationError, match=r"made from digits_resnet\.onnx \(000000000000…\), the model is"):
        convert(sample_graph, other, ConversionOptions())


def test_an_unmeasured_activation_is_named(sample_graph, sample_calibration) -> None:
    without = replace(sample_calibration, values=sample_calibration.values[1:])
    missing = sample_calibration.values[0].name
    with pytest.raises(CalibrationError, match=f"no activations of {missing}"):
        convert(sample_graph, without, ConversionOptions())


def test_batches_of_1_7_and_64_give_the_same_spikes(sample_graph, sample_calibration, sample_images) -> None:
    network = convert(sample_graph, sample_calibration, ConversionOptions())
    expected = NumpyBackend(1, 8).simulate(network, sample_images, 32)
    for batch in (7, 64):
        found = NumpyBackend(batch, 8).simulate(network, sample_images, 32)
        np.testing.assert_array_equal(found.spikes, expected.spikes)
        np.testing.assert_array_equal(found.scores, expected.scores)
        np.testing.assert_array_equal(found.ties, expected.ties)
