"""Whole small models of every kind of layer: calibrated on drawn images, converted, compared with the ONNX model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv import passes
from snnconv.calibration.calibrate import calibrate
from snnconv.calibration.calibration import Calibration
from snnconv.choices import Granularity, MaxPooling, ReadoutMode
from snnconv.conversion.convert import convert
from snnconv.conversion.options import ConversionOptions
from snnconv.data import make_preprocessing, open_images
from snnconv.graph.reading.reader import read
from snnconv.graph.running.reference import ReferenceModel
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.parity import TOLERANCE, deviations
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from tests.conversion.models import MODELS, SHAPE

Array = np.ndarray[Any, Any]

IMAGES = np.random.default_rng(0).normal(size=(24, *SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def calibrated(
    tmp_path_factory: pytest.TempPathFactory, model_builder: Any
) -> Callable[[str], tuple[Path, Calibration]]:
    """Give a function that writes a model and calibrates it, once each."""
    made: dict[str, tuple[Path, Calibration]] = {}
    folder = tmp_path_factory.mktemp("models")
    np.save(folder / "x.npy", IMAGES)

    def make(name: str) -> tuple[Path, Calibration]:
        if name not in made:
            builder = model_builder(SHAPE)
            MODELS[name](builder)
            path = builder.save(folder / f"{name}.onnx", "probabilities" if name == "softmax" else "logits")
            images = open_images(folder / "x.npy", input_shape=SHAPE)
            preprocessing = make_preprocessing("float32", SHAPE)
            made[name] = path, calibrate(read(path), path, images, preprocessing, threads=1)
        return made[name]

    return make


def network_of(path: Path, calibration: Calibration, options: ConversionOptions) -> SpikingNetwork:
    graph = passes.run(read(path, calibration.output), passes.pipeline(options.max_pooling))
    return convert(graph, calibration, options)


def kinds(network: SpikingNetwork) -> list[str]:
    return [node.kind for node in network.nodes]


@pytest.mark.parametrize("readout", ReadoutMode)
@pytest.mark.parametrize("pooling", MaxPooling)
@pytest.mark.parametrize("granularity", Granularity)
@pytest.mark.parametrize("name", MODELS)
def test_with_relus_for_neurons_it_computes_the_model(
    calibrated, name: str, readout: ReadoutMode, pooling: MaxPooling, granularity: Granularity
) -> None:
    path, calibration = calibrated(name)
    options = ConversionOptions(readout=readout, max_pooling=pooling, granularity=granularity)
    network = network_of(path, calibration, options)
    graph = passes.run(read(path), passes.pipeline(pooling))
    found = deviations(network, path, [IMAGES[:6]], graph.caps)
    assert max(d.error for d in found) < TOLERANCE, max(found, key=lambda d: d.error)
    # every ReLU and the output are compared, whatever became of the nodes around them
    compared = {d.value for d in found}
    relus = {n.output for n in graph.nodes if type(n).__name__ == "Relu" and n.output not in graph.internal}
    assert relus | {"logits"} <= compared


LIMITS = [
    "max_pool_stem",
    "max_pools_in_a_row",
    "max_pool_of_concat",
    "relu6",
    "dense_net",
    "concat_of_spikes_and_currents",
    "pre_activation",
    "average_with_border",
    "difference",
    "per_pixel",
    "halves",
    "channels_last",
]


@pytest.mark.parametrize(
    ("name", "pooling"),
    # without max pooling there is only one form
    [(name, pooling) for name in LIMITS for pooling in MaxPooling if "max_pool" in name or pooling is MaxPooling.GATE],
)
def test_the_mean_current_of_the_readout_tends_to_the_logits(calibrated, name: str, pooling: MaxPooling) -> None:
    """With λ the largest activation no ReLU is clipped, so the rates tend to those of the model itself."""
    path, calibration = calibrated(name)
    options = ConversionOptions(readout=ReadoutMode.CURRENT, percentile=100, max_pooling=pooling)
    network = network_of(path, calibration, options)
    (logits,) = ReferenceModel(path, ["logits"]).run(IMAGES[:4])
    errors = []
    for steps in (64, 1024):
        scores = NumpyBackend(4, 64).simulate(network, IMAGES[:4], steps).scores[-1] / steps
        errors.append(np.abs(scores - logits).max() / np.abs(logits).max())
    # the error falls as 1/T, and a gate that takes the second largest of two near ones costs their difference
    assert errors[1] < 0.05
    assert errors[1] < errors[0] / 2


@pytest.mark.parametrize("readout", ReadoutMode)
def test_each_form_of_max_pooling_has_its_nodes(calibrated, readout: ReadoutMode) -> None:
    path, calibration = calibrated("max_pool_stem")
    gate = network_of(path, calibration, ConversionOptions(readout=readout))
    current = network_of(path, calibration, ConversionOptions(readout=readout, max_pooling=MaxPooling.CURRENT))
    assert (kinds(gate).count("MaxPoolGate"), kinds(gate).count("MaxPoolCurrent")) == (1, 0)
    assert (kinds(current).count("MaxPoolGate"), kinds(current).count("MaxPoolCurrent")) == (0, 1)
    # the paper's network has neurons behind the gate; currents are pooled before the neurons
    pool = next(node for node in current.nodes if node.kind == "MaxPoolCurrent")
    (target,) = (current.by_name[edge.target] for edge in current.outgoing[pool.name])
    assert isinstance(target, ir.Neuron)
    assert (target.shape, target.source) == ((6, 4, 4), "pool")
    neurons = [node.source for node in gate.neurons]
    assert neurons[:2] == (["relu", "pool"] if readout is ReadoutMode.SPIKES else ["relu", "relu2"])


def test_a_gate_never_reads_currents_or_sums_of_spikes(calibrated) -> None:
    for name in ("max_pool_of_currents", "max_pool_of_average"):
        path, calibration = calibrated(name)
        network = network_of(path, calibration, ConversionOptions(readout=ReadoutMode.CURRENT))
        assert kinds(network).count("MaxPoolCurrent") == 1
        assert kinds(network).count("MaxPoolGate") == 0


def test_the_scale_of_a_capped_relu_is_at_most_its_cap(calibrated) -> None:
    path, calibration = calibrated("relu6")
    network = network_of(path, calibration, ConversionOptions(granularity=Granularity.CHANNEL, percentile=100))
    first, last, *_ = network.neurons
    assert (first.source, last.source) == ("first", "last")
    assert network.tensors[first.source_scale].max() == pytest.approx(0.6)
    assert network.tensors[last.source_scale].max() < 100


def test_a_wrong_cap_fails_the_parity_check(calibrated) -> None:
    path, calibration = calibrated("relu6")
    network = network_of(path, calibration, ConversionOptions())
    caps = read(path).caps
    assert caps["first"] == pytest.approx(0.6)
    assert max(d.error for d in deviations(network, path, [IMAGES[:6]], caps)) < TOLERANCE
    assert max(d.error for d in deviations(network, path, [IMAGES[:6]], caps | {"first": 0.61})) > 1e-3


def test_an_output_from_inside_becomes_the_readout(calibrated, tmp_path: Path) -> None:
    path, _ = calibrated("global_max")
    np.save(tmp_path / "x.npy", IMAGES)
    images = open_images(tmp_path / "x.npy", input_shape=SHAPE)
    for readout in ReadoutMode:
        calibration = calibrate(read(path, "top"), path, images, make_preprocessing("float32", SHAPE), threads=1)
        network = network_of(path, calibration, ConversionOptions(readout=readout))
        assert (network.readout.source, network.readout.shape) == ("top", (6,))
        found = deviations(network, path, [IMAGES[:6]])
        assert max(d.error for d in found) < TOLERANCE
