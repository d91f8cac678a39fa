"""Folding a scale and offset into what reads it: applied, left alone, run twice."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.graph.graph import Affine, Graph
from snnconv.graph.reading.reader import read
from snnconv.passes.fold_batchnorm import fold_batchnorm
from snnconv.passes.fold_forward import fold_forward
from snnconv.passes.lower_batchnorm import lower_batchnorm

SAME: dict[str, Any] = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}


def between(b: Any, after: str, offset: bool) -> str:
    """Add a ReLU, a scale and offset per channel, and what reads them."""
    x = b.relu(b.conv("input", "conv1", (4, 2, 3, 3), **SAME), "relu1")
    if offset:
        x = b.batchnorm(x, "scaled", 4)
    else:
        gain = b.constant("gain", np.array([1.0, 10.0, 100.0, 1000.0]).reshape(4, 1, 1))
        x = b.node("Mul", [x, gain], "scaled")
    match after:
        case "convolution":
            y = b.conv(x, "conv2", (6, 4, 3, 3), bias=True)
        case "padded":
            y = b.conv(x, "conv2", (6, 4, 3, 3), **SAME)
        case "groups":
            y = b.conv(x, "conv2", (6, 2, 1, 1), group=2)
        case "two":
            y = b.add(b.conv(x, "conv2", (6, 4, 1, 1)), b.conv(x, "conv3", (6, 4, 1, 1)), "sum")
        case _:
            y = b.conv(b.relu(x, "relu2"), "conv2", (6, 4, 1, 1))
    return b.classifier(y, 6)


def graph_of(b: Any, path: Path) -> Graph:
    return lower_batchnorm(fold_batchnorm(read(b.save(path))))


@pytest.mark.parametrize(
    ("after", "offset"),
    [("convolution", False), ("convolution", True), ("padded", False), ("groups", True), ("two", True)],
)
def test_it_is_folded_and_the_function_is_kept(
    tmp_path: Path, new_model, evaluate, tiny_images, after: str, offset: bool
) -> None:
    b = new_model()
    between(b, after, offset)
    before = graph_of(b, tmp_path / "m.onnx")
    assert any(isinstance(node, Affine) for node in before.nodes)
    folded = fold_forward(before)
    assert not any(isinstance(node, Affine) for node in folded.nodes)
    expected, found = (evaluate(graph, tiny_images)["logits"] for graph in (before, folded))
    # float64 on both sides, in another order
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
    assert fold_forward(folded) == folded


@pytest.mark.parametrize(("after", "offset"), [("padded", True), ("relu", True), ("relu", False)])
def test_it_is_left_alone(tmp_path: Path, new_model, after: str, offset: bool) -> None:
    """At a padded border the offset would be missing, and a ReLU does not take in a scale."""
    b = new_model()
    between(b, after, offset)
    before = graph_of(b, tmp_path / "m.onnx")
    assert [node.output for node in fold_forward(before).nodes] == [node.output for node in before.nodes]
