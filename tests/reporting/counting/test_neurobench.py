"""NeuroBench's metrics: against the package's own figures, by hand, and against what a run knows."""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from snnconv.errors import UsageError
from snnconv.ir import nodes as ir
from snnconv.measuring.neurobench import neurobench
from snnconv.reporting.counting.neurobench import neurobench_of
from snnconv.runs.summary import RunSummary
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from tests.reporting.counting.runs import summary_of
from tests.runtime.poisson_networks import made
from tests.runtime.test_backends import BACKENDS, images_for
from tests.spiking import NetworkMaker

FOLDER = Path(__file__).parents[3] / "benchmarks" / "neurobench"
PACKAGE: dict[str, Any] = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))


def _networks() -> ModuleType:
    """Import the networks of the comparison, a module of a folder of scripts."""
    name = "neurobench_networks"
    spec = importlib.util.spec_from_file_location(name, FOLDER / "networks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


NETWORKS = _networks()
CASES = {case.name: case for case in NETWORKS.cases()}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CASES)
def test_what_the_package_says(backend, name) -> None:
    """``benchmarks/neurobench/compare.py --out`` wrote it; counts are whole numbers of few images, so all is exact."""
    case, expected = CASES[name], PACKAGE["metrics"][name]
    network = NETWORKS.spiking(case)
    found = neurobench(network, case.images, PACKAGE["steps"], backend(3, 1)).model_dump()
    for key in ("ParameterCount", "ConnectionSparsity", "SynapticOperations", "MembraneUpdates"):
        assert found[key] == expected[key], key
    assert found["ActivationSparsity"] == pytest.approx(expected["ActivationSparsity"], rel=1e-12)
    # beside weights and biases, a float64 threshold for each layer of neurons, or a threshold and a leak in float32
    assert found["Footprint"] == expected["Footprint of weights and biases"] + 8 * len(network.neurons)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("batch", "chunk"), [(1, 1), (4, 6), (3, 4), (None, None)])
def test_batch_chunk_and_backend_change_nothing(backend, batch, chunk) -> None:
    case = CASES["residual"]
    network = NETWORKS.spiking(case)
    expected = neurobench(network, case.images, 6, NumpyBackend(4, 1))
    found = neurobench(network, case.images, 6, backend(batch, chunk))
    assert found == expected.model_copy(update={"MembraneUpdates": expected.MembraneUpdates if chunk == 1 else None})


def hand_made(weight: list[list[float]]) -> Any:
    """A current of 0.5, 1 and 0 into three neurons, which spike in steps 2, 4; 1, 2, 3, 4; and never."""
    maker = NetworkMaker()
    maker.add(ir.Input, "image", (3,), amplitude=1.0)
    maker.add(ir.Dense, "first", (3,), "image", weight=np.diag([0.5, 1.0, 1.0]))
    maker.add(ir.Neuron, "n", (3,), "first", threshold=np.asarray(1.0))
    maker.add(ir.Dense, "last", (2,), "n", weight=np.asarray(weight), bias=np.zeros(2))
    maker.add(ir.Readout, "readout", (2,), "last", mode=ir.ReadoutMode.CURRENT)
    return maker.network()


def test_by_hand() -> None:
    network = hand_made([[0.5, 0.25, 1.0], [0.0, 0.125, 1.0]])
    found = neurobench(network, np.asarray([[1.0, 1.0, 0.0]], dtype=np.float32), 4, NumpyBackend(1, 1))
    assert found.ParameterCount == 9 + 6 + 2
    # 6 of 9 zeros, and 1 of 6
    assert found.ConnectionSparsity == round(7 / 15, 4)
    # 2 + 4 spikes of 3 neurons in 4 steps
    assert found.ActivationSparsity == 0.5
    operations = found.SynapticOperations
    # the image is 1, 1 and 0, so it makes no MACs: 2 weights that are not 0, 4 times; then 2 spikes at 1 weight, 4 at 2
    assert (operations.Effective_MACs, operations.Effective_ACs) == (0, 8 + 2 + 8)
    assert operations.Dense == 4 * (9 + 6)
    # step 1: all 3. Then the first neuron moves 0.5, 0, 0.5, 0; the second goes back to 0; the third stays
    assert found.MembraneUpdates == 3 + 3
    assert found.Footprint == sum(network.tensors[name].nbytes for name in _used(network))


def _used(network: Any) -> set[str]:
    return {"first.weight", "n.threshold", "last.weight", "last.bias"}


def test_an_image_of_numbers_makes_macs() -> None:
    network = hand_made([[0.5, 0.25, 1.0], [0.0, 0.125, 1.0]])
    images = np.asarray([[1.0, 1.0, 0.0], [0.5, 1.0, 0.0]], dtype=np.float32)
    found = neurobench(network, images, 4, NumpyBackend(2, 4)).SynapticOperations
    # of the second image, mean of two: 2 weights 4 times. It spikes 1 and 4 times: 1 + 8 operations
    assert (found.Effective_MACs, found.Effective_ACs) == (4.0, (18 + 9) / 2)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_poisson_train_makes_acs(backend) -> None:
    network = made("a_convolution")
    images = images_for(network, 3, 0)
    found = neurobench(network, images, 12, backend(2, 5))
    recording = backend(2, 5).simulate(network, images, 12)
    assert found.SynapticOperations.Effective_MACs == 0
    # no weight is 0, so these are the synaptic operations
    assert found.SynapticOperations.Effective_ACs == recording.synops.sum() / 3


def test_a_scale_on_a_current_is_normalisation() -> None:
    maker = NetworkMaker()
    maker.add(ir.Input, "image", (3, 2, 2), amplitude=1.0)
    maker.add(ir.Scale, "scale", (3, 2, 2), "image", gain=np.asarray(0.5))
    maker.add(ir.Flatten, "flat", (12,), "scale")
    maker.add(ir.Dense, "dense", (2,), "flat", weight=np.ones((2, 12)) / 12)
    maker.add(ir.Readout, "readout", (2,), "dense", mode=ir.ReadoutMode.CURRENT)
    found = neurobench(maker.network(), np.full((1, 3, 2, 2), 0.25, dtype=np.float32), 5, NumpyBackend())
    assert found.SynapticOperations.Dense == 5 * 24
    assert found.SynapticOperations.Effective_MACs == 5 * 24
    assert found.ActivationSparsity == 0.0


def test_without_images_there_is_no_mean() -> None:
    with pytest.raises(UsageError, match="found none; give at least one"):
        neurobench(hand_made([[1.0, 1.0, 1.0]] * 2), np.zeros((0, 3), dtype=np.float32), 4, NumpyBackend())


def test_what_a_run_knows() -> None:
    case = CASES["convolutions"]
    network = NETWORKS.spiking(case)
    full = replace(
        network,
        tensors={
            name: np.where(value == 0, np.float32(2**-9), value) if name.endswith(".weight") else value
            for name, value in network.tensors.items()
        },
    )
    expected = neurobench(full, case.images, 6, NumpyBackend())
    found = neurobench_of(summary_of(full, case.images, 6))
    assert found is not None
    assert found.SynapticOperations.Effective_MACs is None
    for key in ("Effective_ACs", "Dense"):
        assert getattr(found.SynapticOperations, key) == getattr(expected.SynapticOperations, key)
    for key in ("Footprint", "ParameterCount", "ConnectionSparsity", "MembraneUpdates"):
        assert getattr(found, key) == getattr(expected, key)
    assert found.ActivationSparsity == pytest.approx(expected.ActivationSparsity, rel=1e-12)


@pytest.mark.parametrize("name", ["convolutions", "residual"])
def test_zeros_and_graded_spikes_take_it_from_a_run(name) -> None:
    case = CASES[name]
    found = neurobench_of(summary_of(NETWORKS.spiking(case), case.images, 6))
    assert found is not None
    assert found.SynapticOperations.Effective_ACs is None


def test_a_run_on_poisson_input_knows_all_operations() -> None:
    network = made("a_convolution")
    images = images_for(network, 3, 0)
    found, expected = neurobench_of(summary_of(network, images, 12)), neurobench(network, images, 12, NumpyBackend())
    assert found is not None
    assert found.SynapticOperations == expected.SynapticOperations


def test_older_runs_know_nothing(summary: dict[str, Any]) -> None:
    assert neurobench_of(RunSummary.model_validate(summary)) is None
