"""Models that enlarge float32's rounding: a graph may be off by as much as the model itself, and by no wrong layer."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.graph.graph import Conv, Dense, Graph
from snnconv.graph.reading.reader import read
from snnconv.graph.running.stages import (
    StageDeviation,
    first_deviation,
    own_rounding,
    rounding_limits,
    stage_deviations,
)
from snnconv.passes import run

Array = np.ndarray[Any, Any]

TOLERANCE = 1e-4

# a convolution's outputs this far from 0, of which the BatchNorm behind it leaves the difference:
# float32 keeps them to 2^-10, so differences of about 1 are known to some 10^-4
FAR = 2.0**14


@pytest.fixture
def sensitive(new_model, tmp_path: Path) -> Path:
    """Give a model whose float32 rounding is larger than the tolerance."""
    b = new_model()
    b.conv("input", "conv1", (4, 2, 3, 3), bias=True)
    b.constant("conv1.bias", np.full(4, FAR))
    b.batchnorm("conv1", "bn1", 4)
    b.constant("bn1.mean", np.full(4, FAR))
    b.classifier(b.relu("bn1", "relu1"), 4)
    return b.save(tmp_path / "sensitive.onnx")


def test_a_graph_may_be_off_by_as_much_as_float32_moves_the_model(sensitive: Path, tiny_images: Array) -> None:
    graph = run(read(sensitive))
    found = stage_deviations(graph, sensitive, tiny_images)
    first = first_deviation(found, TOLERANCE)
    assert first is not None
    assert first.value == "bn1"
    rounding = own_rounding(graph, sensitive, tiny_images)
    assert [value.value for value in rounding] == [value.value for value in found]
    assert first_deviation(found, rounding_limits(rounding, TOLERANCE)) is None


def test_a_graph_as_read_is_run_as_the_file_is(sensitive: Path, tiny_images: Array) -> None:
    found = stage_deviations(read(sensitive), sensitive, tiny_images)
    assert {"conv1", "bn1"} <= {deviation.value for deviation in found}
    assert first_deviation(found, 1e-5) is None


@pytest.mark.parametrize("layer", ["bn1", "logits"])
def test_a_wrong_layer_is_found_in_such_a_model_too(sensitive: Path, tiny_images: Array, layer: str) -> None:
    def scaled(graph: Graph) -> Graph:
        node = graph.producer(layer)
        assert isinstance(node, Conv | Dense)
        wrong = replace(node, weight=node.weight * 1.05)
        return graph.with_nodes(wrong if node.output == layer else node for node in graph.nodes)

    graph = scaled(run(read(sensitive)))
    limits = rounding_limits(own_rounding(graph, sensitive, tiny_images), TOLERANCE)
    first = first_deviation(stage_deviations(graph, sensitive, tiny_images), limits)
    assert first is not None
    assert first.value == layer


def test_such_a_model_is_converted(sensitive: Path, tiny_images: Array, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", tiny_images)
    snnconv.calibrate(sensitive, tmp_path / "x.npy", tmp_path / "x.calib")
    options = snnconv.ConversionOptions(compensation="none")
    _, summary = snnconv.convert(sensitive, tmp_path / "x.calib", tmp_path / "n.snn", options)
    assert summary.parity is not None
    largest = {stage.stage: stage.largest_error for stage in summary.parity.stages}
    assert largest["import"] < TOLERANCE < largest["folding"]


def test_a_steady_model_is_held_to_the_tolerance(tiny_resnet: Path, tiny_images: Array) -> None:
    graph = read(tiny_resnet)
    limits = rounding_limits(own_rounding(graph, tiny_resnet, tiny_images), TOLERANCE)
    assert (limits == TOLERANCE).all()
    assert limits.shape == (len(graph.nodes),)


def test_limits_follow_the_rounding_of_all_values_before_and_end() -> None:
    errors = [0.0, 1e-3, 1e-6, np.inf]
    limits = rounding_limits([StageDeviation("x", "X", error) for error in errors], TOLERANCE)
    np.testing.assert_allclose(limits, [1e-4, 4e-3, 4e-3, 1e-2])


def test_a_model_that_the_optimiser_leaves_alone_rounds_too(new_model, tiny_images: Array, tmp_path: Path) -> None:
    """As read it is the file to the bit, and optimised too: images that are off by a rounding still move it."""
    b = new_model()
    b.gemm(b.node("Flatten", ["input"], "flat"), "hidden", 2 * 8 * 8, 4)
    b.node("Identity", [b.relu(b.gemm(b.relu("hidden", "relu"), "narrow", 4, 3), "relu2")], "same")
    path = b.save(tmp_path / "model.onnx", "relu2")
    graph = read(path)
    assert max(value.error for value in stage_deviations(graph, path, tiny_images)) == 0
    moved = [value.error for value in own_rounding(graph, path, tiny_images)]
    assert all(1e-9 < error < 1e-5 for error in moved)
