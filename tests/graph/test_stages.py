"""Parity of stages: right graphs agree with their file, and of wrong ones the first wrong layer is named."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import DataError
from snnconv.graph.graph import AveragePool, Conv, Dense, Flatten, Graph, MaxPool, Node
from snnconv.graph.reading.reader import read
from snnconv.graph.running import stages
from snnconv.graph.running.stages import StageDeviation, first_deviation, stage_deviations
from snnconv.passes import run

Array = np.ndarray[Any, Any]

# float32 sums of at most 72 products in another order, through 9 layers
ROUNDING = 1e-5


def changed(graph: Graph, output: str, **attributes: Any) -> Graph:
    """Give the graph with other attributes of the node that makes a value."""
    return graph.with_nodes(replace(node, **attributes) if node.output == output else node for node in graph.nodes)


def scaled(graph: Graph, output: str, factor: float) -> Graph:
    """Give the graph with the weights of a layer times a factor."""
    layer = graph.producer(output)
    assert isinstance(layer, Conv | Dense)
    return changed(graph, output, weight=layer.weight * factor)


@pytest.mark.parametrize("stage", [(), None], ids=["as read", "after all passes"])
def test_a_right_graph_agrees_at_every_value(tiny_resnet: Path, tiny_images: Array, stage: tuple[()] | None) -> None:
    graph = read(tiny_resnet)
    graph = run(graph) if stage is None else graph
    found = stage_deviations(graph, tiny_resnet, tiny_images)
    kept = [node.output for node in graph.nodes if node.output not in graph.internal]
    assert [deviation.value for deviation in found] == kept
    assert {"relu1", "add2", "logits"} <= set(kept)
    assert max(deviation.error for deviation in found) < ROUNDING
    assert first_deviation(stage_deviations(graph, tiny_resnet, tiny_images), ROUNDING) is None


def test_a_wrong_weight_is_named_and_not_what_follows_from_it(tiny_resnet: Path, tiny_images: Array) -> None:
    wrong = scaled(read(tiny_resnet), "conv4", 1.001)
    # one value of the layer is 1.001 times what it should be: the largest one, so the error is 0.001
    first = first_deviation(stage_deviations(wrong, tiny_resnet, tiny_images), ROUNDING)
    assert first is not None
    assert (first.value, first.node) == ("conv4", "CONV4")
    assert first.error == pytest.approx(0.001, rel=0.01)
    errors = {deviation.value: deviation.error for deviation in stage_deviations(wrong, tiny_resnet, tiny_images)}
    assert errors["bn4"] > ROUNDING
    assert errors["logits"] > ROUNDING
    assert errors["relu3"] < ROUNDING
    assert first_deviation(stage_deviations(wrong, tiny_resnet, tiny_images), 0.1) is None


def test_a_wrong_weight_is_named_after_the_passes_by_the_value_that_is_left(
    tiny_resnet: Path, tiny_images: Array
) -> None:
    wrong = scaled(run(read(tiny_resnet)), "bn5", 0.5)
    first = first_deviation(stage_deviations(wrong, tiny_resnet, tiny_images), ROUNDING)
    assert first is not None
    assert first.value == "bn5"


def test_each_value_is_held_to_its_own_limit() -> None:
    found = [StageDeviation(name, name.upper(), error) for name, error in [("a", 1e-3), ("b", 2e-3), ("c", np.inf)]]
    assert first_deviation(found, 1e-4) is found[0]
    assert first_deviation(found, np.array([1e-2, 1e-4, 1e-2])) is found[1]
    assert first_deviation(found, 1e-2) is found[2]
    assert first_deviation(found[:2], 1e-2) is None


def test_a_deviation_on_one_image_of_many_is_found(tiny_resnet: Path, tiny_images: Array, monkeypatch) -> None:
    graph = read(tiny_resnet)
    # a cap that only the largest number of all images exceeds
    values = run_to_relu1(graph, tiny_resnet, tiny_images)
    largest, second = np.sort(values.reshape(len(values), -1).max(axis=1))[[-1, -2]]
    wrong = changed(graph, "relu1", cap=float(largest + second) / 2)
    expected = (largest - second) / 2 / largest
    for together in (1, 2**30):
        monkeypatch.setattr(stages, "_BYTES", together)
        first = first_deviation(stage_deviations(wrong, tiny_resnet, tiny_images), ROUNDING)
        assert first is not None
        assert first.value == "relu1"
        assert first.error == pytest.approx(expected, rel=1e-3)


def run_to_relu1(graph: Graph, path: Path, images: Array) -> Array:
    return stages.ReferenceModel(path, ["relu1"]).run(images)[0]


@pytest.mark.parametrize("together", [1, 20_000, 2**30])
def test_the_errors_do_not_depend_on_how_many_images_run_together(
    tiny_resnet: Path, tiny_images: Array, monkeypatch, together: int
) -> None:
    wrong = scaled(read(tiny_resnet), "conv1", 1.25)
    expected = [deviation.error for deviation in stage_deviations(wrong, tiny_resnet, tiny_images)]
    monkeypatch.setattr(stages, "_BYTES", together)
    found = [deviation.error for deviation in stage_deviations(wrong, tiny_resnet, tiny_images)]
    # onnxruntime may add up in another order for another batch size
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_file_with_a_fixed_batch_size_is_compared(tmp_path: Path, new_residual_network, tiny_images: Array) -> None:
    path = new_residual_network(batch=16).save(tmp_path / "m.onnx")
    graph = read(path)
    assert first_deviation(stage_deviations(graph, path, tiny_images), ROUNDING) is None
    first = first_deviation(stage_deviations(scaled(graph, "conv7", 2.0), path, tiny_images), ROUNDING)
    assert first is not None
    assert first.value == "conv7"


@pytest.mark.parametrize("side", ["file", "graph"])
def test_nan_and_infinity_deviate(tmp_path: Path, new_model, side: str) -> None:
    b = new_model()
    x = b.relu(b.conv("input", "conv1", (3, 2, 1, 1)), "relu1")
    b.classifier(b.conv(x, "conv2", (3, 3, 1, 1)), 3)
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    images = np.ones((2, 2, 8, 8), dtype=np.float32)
    if side == "file":  # and the graph alike: infinity minus infinity
        images[1, 0, 3, 3] = np.inf
    else:
        graph = scaled(graph, "conv1", np.nan)
    first = first_deviation(stage_deviations(graph, path, images), 1e30)
    assert first is not None
    assert (first.value, first.error) == ("conv1", np.inf)


def test_a_value_of_zeros_is_measured_absolutely(tmp_path: Path, new_model, tiny_images: Array) -> None:
    b = new_model()
    b.conv("input", "conv1", (3, 2, 1, 1), bias=True)
    b.constant("conv1.weight", np.zeros((3, 2, 1, 1)))
    b.constant("conv1.bias", np.zeros(3))
    b.classifier(b.relu("conv1", "relu1"), 3)
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    assert first_deviation(stage_deviations(graph, path, tiny_images), 0.0) is None
    first = first_deviation(
        stage_deviations(changed(graph, "conv1", bias=np.full(3, 0.25)), path, tiny_images), ROUNDING
    )
    assert first is not None
    assert (first.value, first.error) == ("conv1", 0.25)


def test_another_shape_deviates(tmp_path: Path, new_model, tiny_images: Array) -> None:
    b = new_model()
    x = b.node("MaxPool", ["input"], "pool", kernel_shape=[2, 2], strides=[2, 2])
    b.classifier(b.relu(x, "relu1"), 2)
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    assert first_deviation(stage_deviations(graph, path, tiny_images), ROUNDING) is None

    def wider(node: Node) -> Node:
        shape = (2, 7, 7) if node.output in ("pool", "relu1") else node.shape
        if isinstance(node, MaxPool):
            return replace(node, shape=shape, strides=(1, 1))
        return (
            replace(node, shape=shape, kernel=(7, 7)) if isinstance(node, AveragePool) else replace(node, shape=shape)
        )

    wrong = graph.with_nodes(wider(node) for node in graph.nodes)
    first = first_deviation(stage_deviations(wrong, path, tiny_images), 1e30)
    assert first is not None
    assert (first.value, first.error) == ("pool", np.inf)


def channels_last(new_model, path: Path) -> Path:
    """Write a model of images (N, H, W, C) that flattens with the channels last."""
    b = new_model((8, 8, 2))
    x = b.node("Transpose", ["input"], "first", perm=[0, 3, 1, 2])
    x = b.node("Transpose", [b.conv(x, "conv1", (3, 2, 3, 3))], "last", perm=[0, 2, 3, 1])
    x = b.node("Flatten", [b.relu(x, "relu1")], "flat")
    b.gemm(x, "logits", 3 * 6 * 6, 5)
    return b.save(path)


def test_values_that_the_file_keeps_channels_last_are_compared(tmp_path: Path, new_model, tiny_images: Array) -> None:
    path = channels_last(new_model, tmp_path / "m.onnx")
    graph = run(read(path))
    assert {"input", "relu1"} <= set(graph.layouts)
    found = stage_deviations(graph, path, tiny_images)
    # the elements of ``flat`` have another order in the file
    assert [deviation.value for deviation in found] == ["conv1", "relu1", "logits"]
    assert max(deviation.error for deviation in found) < ROUNDING


def test_a_flattened_pixel_has_one_order_and_is_compared(tmp_path: Path, new_model, tiny_images: Array) -> None:
    b = new_model()
    mean = b.node("ReduceMean", [b.relu("input", "relu1")], "mean", axes=[2, 3], keepdims=0)
    b.gemm(mean, "logits", 2, 5)
    path = b.save(tmp_path / "m.onnx")
    graph = read(path)
    assert isinstance(graph.producer("mean"), Flatten)
    found = stage_deviations(graph, path, tiny_images)
    assert [deviation.value for deviation in found] == ["relu1", "mean", "logits"]
    assert max(deviation.error for deviation in found) < ROUNDING


def test_no_images_are_refused(tiny_resnet: Path, tiny_images: Array) -> None:
    with pytest.raises(DataError, match=r"on 0 images, at least 1 is expected"):
        first_deviation(stage_deviations(read(tiny_resnet), tiny_resnet, tiny_images[:0]), ROUNDING)
