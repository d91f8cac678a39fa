"""Lowering: gain and offset of what could not be folded."""

from pathlib import Path

import numpy as np

from snnconv.graph.graph import Affine, BatchNorm, Graph
from snnconv.graph.reading.reader import read
from snnconv.passes.lower_batchnorm import lower_batchnorm


def test_gain_and_offset_follow_the_formula() -> None:
    norm = BatchNorm(
        "NORM",
        ("x",),
        "y",
        (2, 4, 4),
        gamma=np.array([3.0, -1.0]),
        beta=np.array([0.5, 2.0]),
        mean=np.array([1.0, -4.0]),
        variance=np.array([2.0, 0.0]),
        epsilon=0.25,
    )
    (affine,) = lower_batchnorm(Graph("m", "0" * 64, "x", (2, 4, 4), "y", (norm,))).nodes
    assert isinstance(affine, Affine)
    assert (affine.name, affine.inputs, affine.output, affine.shape) == ("NORM", ("x",), "y", (2, 4, 4))
    # σ = 1.5, 0.5; exact in float64
    np.testing.assert_array_equal(affine.gain, [[[2.0]], [[-2.0]]])
    np.testing.assert_array_equal(affine.offset, [[[0.5 - 2.0]], [[2.0 - 8.0]]])


def test_a_flat_value_has_one_axis() -> None:
    norm = BatchNorm("NORM", ("x",), "y", (2,), np.ones(2), np.ones(2), np.zeros(2), np.ones(2), 0.0)
    (affine,) = lower_batchnorm(Graph("m", "0" * 64, "x", (2,), "y", (norm,))).nodes
    assert isinstance(affine, Affine)
    assert (affine.gain.shape, affine.offset.shape) == ((2,), (2,))


def test_the_function_is_kept(tiny_resnet: Path, tiny_images, evaluate) -> None:
    graph = read(tiny_resnet)
    lowered = lower_batchnorm(graph)
    assert not any(isinstance(node, BatchNorm) for node in lowered.nodes)
    before, after = evaluate(graph, tiny_images[:4]), evaluate(lowered, tiny_images[:4])
    assert list(before) == list(after)
    for name, value in after.items():
        # exact in real numbers; float64
        np.testing.assert_allclose(value, before[name], rtol=1e-12, atol=1e-13, err_msg=name)


def test_lowering_twice_is_lowering_once(tiny_resnet: Path) -> None:
    once = lower_batchnorm(read(tiny_resnet))
    assert all(a is b for a, b in zip(once.nodes, lower_batchnorm(once).nodes, strict=True))
