"""SPIKE-NORM: Algorithm 1 by hand, the paper's own example, and which layers are balanced."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv import passes
from snnconv.calibration.calibrate import calibrate
from snnconv.choices import Balance, Compensation, Encoding, Form, Granularity, Preset, Reset, Shortcut, Units
from snnconv.conversion.converted import Converted
from snnconv.conversion.methods import check, spike_norm
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.records import BalanceRecord
from snnconv.conversion.samples import Samples
from snnconv.data import make_preprocessing, open_images
from snnconv.errors import UsageError
from snnconv.graph.reading.reader import opened, read
from snnconv.ir import nodes as ir
from snnconv.measuring.layer_input import largest_input
from snnconv.product import product
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.watch import Watch
from tests.conversion.methods.test_residual import variant

Array = np.ndarray[Any, Any]
STEPS = 100
SEED = 3


class Setting:
    """A model calibrated on images, and the first of them as samples."""

    def __init__(self, path: Path, images: Array, count: int) -> None:
        np.save(path.with_suffix(".npy"), images)
        shape = images.shape[1:]
        data = open_images(path.with_suffix(".npy"), input_shape=shape)
        self.calibration = calibrate(read(path), path, data, make_preprocessing("float32", shape), threads=1)
        self.graph = passes.run(read(path))
        self.given = Samples(images[:count], opened(path, "logits")[0], NumpyBackend(4, 32, seed=SEED))

    def convert(self, samples: bool = True, **given: Any) -> Converted:
        options = ConversionOptions(**({"preset": "spike-norm", "steps": STEPS} | given))
        return spike_norm.convert(self.graph, self.calibration, self.given if samples else None, options)

    def record(self, samples: bool = True, **given: Any) -> BalanceRecord:
        found = self.convert(samples, **given).record
        assert isinstance(found, BalanceRecord)
        return found

    def thresholds(self, samples: bool = True, **given: Any) -> dict[str, float | None]:
        return {layer.layer: layer.threshold for layer in self.record(samples, **given).layers}


@pytest.fixture
def setting_of(new_model, tmp_path, tiny_images):
    def make(**given: Any) -> Setting:
        path = variant(new_model, **given).save(tmp_path / "v.onnx")
        return Setting(path, tiny_images[:16], 3)

    return make


def dense(model: Any, sizes: tuple[int, ...], weights: list[Array], path: Path) -> Path:
    """Write full connections without biases, ReLUs between: ``r1``, ``r2``, … and ``logits``."""
    b = model((sizes[0], 1, 1))
    x = b.node("Flatten", ["input"], "flat")
    for i, weight in enumerate(weights[:-1], 1):
        x = b.relu(b.node("Gemm", [x, b.constant(f"w{i}", weight)], f"g{i}", transB=1), f"r{i}")
    b.node("Gemm", [x, b.constant("w", weights[-1])], "logits", transB=1)
    return b.save(path)


def test_the_example_of_section_5_1(new_model, tmp_path) -> None:
    """Inputs 0.5 and 1, weights 1: the ANN's maximum is 1.5, but in some step both inputs spike."""
    path = dense(new_model, (2, 1), [np.ones((1, 2)), np.ones((2, 1))], tmp_path / "two.onnx")
    setting = Setting(path, np.array([0.5, 1.0], np.float32).reshape(1, 2, 1, 1), 1)
    assert setting.thresholds(balance=Balance.ACTIVATIONS, samples=False)["R1"] == pytest.approx(1.5)
    assert setting.thresholds(steps=50)["R1"] == pytest.approx(2.0 * (1 - 2.0**-20), rel=1e-7)


@pytest.mark.parametrize("reset", Reset)
def test_algorithm_1_by_hand(reset, new_model, tmp_path) -> None:
    """Layer for layer: the largest Σ w X(t) of any neuron, image and step; then the layer fires for the next."""
    rng = np.random.default_rng(0)
    sizes = (4, 6, 5, 3)
    weights = [rng.normal(0.2, 0.6, shape).astype(np.float32) for shape in zip(sizes[1:], sizes[:-1], strict=True)]
    images = rng.uniform(-0.3, 1.5, (5, 4, 1, 1)).astype(np.float32)
    setting = Setting(dense(new_model, sizes, weights, tmp_path / "three.onnx"), images, 5)
    steps = 40
    converted = setting.convert(steps=steps, reset=reset)
    found = converted.record
    assert isinstance(found, BalanceRecord)

    # the trains that enter, a spike carrying λ_x: (T, N, 4)
    network = converted.network
    backend = NumpyBackend(5, steps, seed=SEED)
    (chunk,) = backend.run(network, images, steps, watch=Watch(values=frozenset({network.input.name})))
    spikes = chunk.seen.value(network.input.name).reshape(steps, 5, 4).astype(np.float64)
    expected = []
    for weight in weights:
        current = product(spikes, weight.astype(np.float64).T)
        threshold = current.max()
        expected.append(threshold)
        v = np.zeros(current.shape[1:])
        fired = np.zeros(current.shape)
        for t in range(steps):
            v += current[t]
            fired[t] = v >= threshold * (1 - 1e-6)  # weights on the grid may end a little below
            v = np.where(fired[t] > 0, 0.0 if reset is Reset.ZERO else v - threshold, v)
        spikes = fired
    # the output layer is one of them
    assert [layer.threshold for layer in found.layers] == pytest.approx(expected, rel=1e-5)
    assert all(threshold > 0 for threshold in expected)


def balanced(setting: Setting, **given: Any) -> None:
    """Compare the largest input of each balanced layer with its threshold: equal but for a millionth and the grids."""
    converted = setting.convert(**given)
    record, network = converted.record, converted.network
    assert isinstance(record, BalanceRecord)
    assert [layer.layer for layer in record.layers] == [node.name for node in network.neurons]
    checked = 0
    for layer in record.layers:
        if layer.in_unit and record.units is Units.ONE:
            assert layer.threshold == 1.0
            continue
        node = network.by_name[layer.layer]
        assert isinstance(node, ir.Neuron)
        largest = largest_input(network, layer.layer, setting.given.images, STEPS, backend=setting.given.backend)
        threshold = float(network.tensors[node.threshold])
        assert largest == pytest.approx(threshold, rel=1e-4), layer.layer
        # it fires, whichever way weights were rounded
        assert largest >= threshold, layer.layer
        checked += 1
    assert checked >= 3
    assert network.provenance.options["thresholds"] == {layer.layer: layer.threshold for layer in record.layers}


FORMS: list[dict[str, Any]] = [
    {},
    {"form": Form.THRESHOLDS},
    {"units": Units.BALANCED},
    {"units": Units.BALANCED, "form": Form.THRESHOLDS},
    {"encoding": Encoding.CONSTANT, "reset": Reset.SUBTRACT},
    {"percentile": 99.0, "units": Units.BALANCED},
]


@pytest.mark.parametrize("given", FORMS, ids=lambda given: "-".join(str(v) for v in given.values()) or "plain")
def test_the_largest_input_of_a_balanced_layer_is_its_threshold(given, setting_of) -> None:
    balanced(setting_of(plain=2), **given)


def test_form_factor_and_percentile_do_not_change_the_thresholds(setting_of) -> None:
    """v_th is measured, so what it is measured from does not matter; a factor comes on top."""
    setting = setting_of(plain=2, units=1)
    for units in Units:
        expected = setting.thresholds(units=units)
        for given in ({"form": Form.THRESHOLDS}, {"compensation": 1.25}, {"percentile": 90.0}):
            assert setting.thresholds(units=units, **given) == pytest.approx(expected, rel=1e-4)
    plain, more = (setting.convert(compensation=each).network for each in ("none", 1.25))
    weight = plain.by_name["PC2"].weight
    np.testing.assert_allclose(more.tensors[weight], 1.25 * plain.tensors[weight], rtol=0, atol=1e-6)


@pytest.mark.parametrize("mode", [Compensation.SEARCH, Compensation.LAYERWISE])
def test_a_search_is_refused(mode: Compensation) -> None:
    with pytest.raises(UsageError, match=f"--compensation {mode.value} is searched with --preset paper only"):
        spike_norm.check(ConversionOptions(preset=Preset.SPIKE_NORM, compensation=mode))


def test_a_threshold_for_each_channel_is_refused() -> None:
    with pytest.raises(UsageError, match="has one threshold for a layer"):
        spike_norm.check(ConversionOptions(preset=Preset.SPIKE_NORM, granularity=Granularity.CHANNEL))


@pytest.mark.parametrize("given", [{"percentile": 99.9}, {"nonzero": True}])
def test_what_is_taken_of_activations_is_refused_where_thresholds_are_measured(given) -> None:
    with pytest.raises(UsageError, match="--balance spikes measures thresholds"):
        spike_norm.check(ConversionOptions(preset=Preset.SPIKE_NORM, **given))
    spike_norm.check(ConversionOptions(preset=Preset.SPIKE_NORM, balance=Balance.ACTIVATIONS, **given))


def test_the_first_threshold_is_in_units_of_the_spikes_that_enter(setting_of) -> None:
    """A spike of the image carries λ_x: with weights that are as large for spikes of 1, v_th,1 is λ_1/λ_x."""
    setting = setting_of(plain=2)
    amplitude = setting.calibration.input_amplitude
    assert amplitude != 1.0
    first, second = setting.record(samples=False, balance=Balance.ACTIVATIONS).layers[:2]
    assert first.threshold == pytest.approx(first.scale / amplitude, rel=1e-12)
    assert second.threshold == pytest.approx(second.scale / first.scale, rel=1e-12)
    # a constant current is the image itself
    constant = setting.record(samples=False, balance=Balance.ACTIVATIONS, encoding=Encoding.CONSTANT).layers[0]
    assert constant.threshold == pytest.approx(constant.scale, rel=1e-12)


def test_the_other_method_has_no_balance_and_no_units() -> None:
    for given in ({"balance": Balance.ACTIVATIONS}, {"units": Units.BALANCED}):
        with pytest.raises(UsageError, match=f"--{next(iter(given))} is of --preset spike-norm"):
            check(ConversionOptions(**given))
    check(ConversionOptions())


@pytest.mark.parametrize(
    ("given", "units", "expected"),
    [
        ({"plain": 1, "junctions": False}, Units.BALANCED, (False, False, 1, False)),  # basic architecture
        ({"plain": 1}, Units.BALANCED, (True, False, 1, False)),  # constraint 1
        ({"plain": 1}, Units.ONE, (True, True, 1, False)),  # 1 and 2
        ({"plain": 3}, Units.ONE, (True, True, 3, True)),  # 1, 2 and 3
    ],
)
def test_the_constraints_of_the_four_variants(given, units, expected, setting_of) -> None:
    met = setting_of(**given).record(units=units).constraints
    assert (met.junction_relus, met.equal_thresholds, met.plain_layers, met.preprocessing) == expected
    assert met.bias_free


def test_without_residual_units_their_constraints_are_not_asked(new_model, tmp_path, tiny_images) -> None:
    path = variant(new_model, plain=2, units=0).save(tmp_path / "v.onnx")
    met = Setting(path, tiny_images[:16], 3).record().constraints
    assert (met.bias_free, met.junction_relus, met.equal_thresholds, met.preprocessing) == (True, None, None, None)
    assert met.plain_layers == 2


def test_units_of_threshold_1(setting_of) -> None:
    """Then λ of the units is that of the last layer before them, and what is outside is balanced."""
    record = setting_of(plain=2).record()
    by_unit = {True: [], False: []}
    for layer in record.layers:
        by_unit[layer.in_unit].append(layer)
    assert [layer.layer for layer in by_unit[True]] == ["A1", "J1", "A2", "J2"]
    assert {layer.threshold for layer in by_unit[True]} == {1.0}
    assert {layer.scale for layer in by_unit[True]} == {by_unit[False][1].scale}
    assert all(layer.threshold not in (None, 1.0) for layer in by_unit[False])
    # two plain layers, the neurons behind the mean, the output
    assert len(by_unit[False]) == 4
    assert [layer.neurons for layer in record.layers] == [256] * 6 + [4, 5]


def test_shortcuts_weigh_1_beside_the_weights_of_the_model(setting_of) -> None:
    """With thresholds that differ within the unit: the method takes no notice."""
    setting = setting_of(plain=1)
    converted = setting.convert(form=Form.THRESHOLDS, units=Units.BALANCED)
    network = converted.network
    own = {node.name: node for node in setting.graph.nodes}
    shortcuts = [node for node in network.nodes if isinstance(node, ir.Scale) and "shortcut" in node.name]
    assert len(shortcuts) == 2
    assert all((network.tensors[node.gain] == 1.0).all() for node in shortcuts)
    for node in network.nodes:
        if isinstance(node, ir.Conv):
            step = 2.0 ** -(network.tensors[node.grid].min() + 1.0)
            np.testing.assert_allclose(network.tensors[node.weight], own[node.name].weight, rtol=0, atol=step)
    assert isinstance(converted.record, BalanceRecord)
    thresholds = [layer.threshold for layer in converted.record.layers]
    assert None not in thresholds
    assert len(set(thresholds)) == len(thresholds)
    normalised = setting.convert(form=Form.THRESHOLDS, units=Units.BALANCED, shortcut=Shortcut.NORMALISED)
    assert [layer.threshold for layer in normalised.record.layers].count(None) == 2  # type: ignore[union-attr]


def test_the_baseline_takes_the_largest_activations(setting_of) -> None:
    setting = setting_of(plain=2)
    record = setting.record(samples=False, balance=Balance.ACTIVATIONS, units=Units.BALANCED)
    assert (record.images, record.balance) == (0, Balance.ACTIVATIONS)
    sources = {"P1": "p1", "P2": "p2", "A1": "a1", "J1": "j1", "A2": "a2", "J2": "j2"}
    for layer in record.layers[:6]:
        largest = setting.calibration.by_name[sources[layer.layer]].largest.max()
        assert layer.scale == pytest.approx(float(largest), rel=1e-6)
    before = setting.calibration.input_amplitude
    for layer in record.layers[:2]:
        assert layer.threshold == pytest.approx(layer.scale / before)
        before = layer.scale


@pytest.mark.parametrize("bias", [False, True])
def test_biases_are_warned_of(bias, setting_of, caplog) -> None:
    caplog.set_level(logging.WARNING)
    record = setting_of(units=1, bias=bias).record(samples=False, balance=Balance.ACTIVATIONS)
    told = [message for message in caplog.messages if "has biases" in message]
    assert len(told) == bias
    assert record.constraints.bias_free is not bias


def test_how_many_samples() -> None:
    assert spike_norm.samples(ConversionOptions(preset=Preset.SPIKE_NORM)) == 256
    assert spike_norm.samples(ConversionOptions(preset=Preset.SPIKE_NORM, balance=Balance.ACTIVATIONS)) == 0
