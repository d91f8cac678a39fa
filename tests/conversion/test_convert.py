"""The converted network: parity with the ONNX model, its wiring, and what each option changes."""

import logging
import re
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


@pytest.mark.parametrize(("part", "expected"), [(0.001, 0.01), (0.0099, 0.01), (0.0101, None), (0.5, None)])
def test_a_channel_that_hardly_fires_takes_a_hundredth_of_its_layers_scale(sample_calibration, part, expected) -> None:
    """Two channels, each of one value 100 times; the layer's percentile is that of the larger."""
    value = sample_calibration.values[0]
    numbers = np.float32([4 * part, 4.0])
    two = replace(
        value,
        count=100,
        codes=(numbers.view(np.int32) >> 16).astype(np.uint16),
        counts=np.array([100, 100]),
        offsets=np.array([0, 1, 2]),
        largest=numbers,
        mean=value.mean[:2],
        variance=value.variance[:2],
    )
    calibration = replace(sample_calibration, values=(two, *sample_calibration.values[1:]))
    scales = Scales(calibration, ConversionOptions(granularity=Granularity.CHANNEL))
    quiet, loud = scales.of(value.name)
    # a bin of the histogram is 2^-7 of a number wide
    assert loud == pytest.approx(4.0, rel=2**-7)
    assert quiet == (0.01 * loud if expected else pytest.approx(4 * part, rel=2**-7))


@pytest.mark.parametrize("granularity", list(Granularity))
def test_a_layer_that_hardly_ever_fires(sample_calibration, granularity, caplog, monkeypatch) -> None:
    """Nine times 1 and once 6, among 990 zeros: the median is 0 with the zeros and 1 without them."""
    monkeypatch.setattr(logging.getLogger("snnconv"), "propagate", True)
    value = sample_calibration.values[0]
    numbers = np.float32([1.0, 6.0])
    name = f"rare by {granularity}"  # a value is warned of once
    rare = replace(
        value,
        name=name,
        count=1000,
        codes=(numbers.view(np.int32) >> 16).astype(np.uint16),
        counts=np.array([9, 1]),
        offsets=np.array([0, 2]),
        largest=numbers[1:],
        mean=value.mean[:1],
        variance=value.variance[:1],
    )
    calibration = replace(sample_calibration, values=(rare, *sample_calibration.values[1:]))
    options = ConversionOptions(granularity=granularity, percentile=50)
    with caplog.at_level(logging.WARNING, "snnconv"):
        assert Scales(calibration, options).of(name).tolist() == [6.0]
    assert f"the 50 % percentile of {name} is 0, so its scale is its largest activation, 6; " in caplog.text
    caplog.clear()
    without_zeros = Scales(calibration, options.model_copy(update={"nonzero": True})).of(name)
    assert without_zeros == pytest.approx([1.0], rel=2**-7)
    assert not caplog.records


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


@pytest.mark.parametrize("more", [1, 3])
def test_a_calibration_with_other_shapes_is_refused(sample_graph, sample_calibration, more) -> None:
    """With the model's hash: one channel would broadcast, others would not."""
    value = sample_calibration.values[0]
    channels = {
        "offsets": np.append(0, np.full(more, len(value.codes))),
        **{name: getattr(value, name)[np.zeros(more, int)] for name in ("largest", "mean", "variance")},
    }
    numbers = len(sample_calibration.images) * 64
    for changed, found in (
        (replace(value, **channels), f"{more} channels of {numbers}"),
        (replace(value, count=2 * value.count), f"{value.channels} channels of {2 * numbers}"),
    ):
        message = (
            f"the calibration has {found} numbers of {value.name}, the model gives {value.channels} of {numbers}; "
            "calibrate this model again"
        )
        calibration = replace(sample_calibration, values=(changed, *sample_calibration.values[1:]))
        with pytest.raises(CalibrationError, match=f"^{re.escape(message)}$"):
            convert(sample_graph, calibration, ConversionOptions())


def test_a_calibration_of_other_images_is_refused(sample_graph, sample_calibration) -> None:
    preprocessing = replace(sample_calibration.preprocessing, input_shape=(1, 9, 8))
    message = r"^the calibration is of images \(1, 9, 8\), the model takes \(1, 8, 8\); calibrate this model again$"
    with pytest.raises(CalibrationError, match=message):
        convert(sample_graph, replace(sample_calibration, preprocessing=preprocessing), ConversionOptions())


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
