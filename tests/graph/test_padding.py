"""Where windows lie: explicit pads, SAME, and rounded-up sizes, each as onnxruntime places them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

from snnconv.errors import UnsupportedOperatorError
from snnconv.graph.graph import AveragePool
from snnconv.graph.reading.context import OnnxNode, Unsupported
from snnconv.graph.reading.padding import pads_of, reaching, two_axes
from snnconv.graph.reading.reader import read


def node(**attributes: Any) -> OnnxNode:
    return OnnxNode.of(helper.make_node("Conv", ["x", "w"], ["y"], name="C", **attributes), 17)


@pytest.mark.parametrize(
    ("auto_pad", "size", "kernel", "stride", "dilation", "expected"),
    [
        ("NOTSET", 8, 3, 1, 1, (0, 0)),
        ("VALID", 8, 3, 2, 1, (0, 0)),
        ("SAME_UPPER", 8, 3, 1, 1, (1, 1)),
        ("SAME_UPPER", 8, 3, 2, 1, (0, 1)),
        ("SAME_LOWER", 8, 3, 2, 1, (1, 0)),
        ("SAME_UPPER", 7, 3, 2, 1, (1, 1)),
        ("SAME_UPPER", 8, 2, 1, 1, (0, 1)),
        ("SAME_LOWER", 8, 2, 1, 1, (1, 0)),
        ("SAME_UPPER", 8, 3, 1, 2, (2, 2)),
        ("SAME_UPPER", 8, 1, 2, 1, (0, 0)),
    ],
)
def test_pads_by_hand(auto_pad: str, size: int, kernel: int, stride: int, dilation: int, expected: Any) -> None:
    # rows as asked for, columns of one pixel
    found = pads_of(node(auto_pad=auto_pad), (size, 1), (kernel, 1), (stride, 1), (dilation, 1))
    assert (found[0], found[2]) == expected
    assert (found[1], found[3]) == (0, 0)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"auto_pad": "SAME"}, "auto_pad=SAME is no value that ONNX knows"),
        ({"auto_pad": "VALID", "pads": [0, 1, 0, 0]}, r"auto_pad=VALID contradicts pads \(0, 1, 0, 0\)"),
        ({"pads": [0, 0, 0, -1]}, r"pads \(0, 0, 0, -1\) are negative, or not two for each axis"),
        ({"pads": [1, 1]}, r"pads \(1, 1\) are negative, or not two for each axis"),
    ],
)
def test_pads_that_make_no_sense_are_refused(attributes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unsupported, match=f"^{reason}$"):
        pads_of(node(**attributes), (8, 8), (3, 3), (1, 1), (1, 1))


@pytest.mark.parametrize(
    ("size", "count", "kernel", "stride", "pads", "expected"),
    [
        (8, 4, 2, 2, (0, 0), (0, 0)),
        (7, 4, 2, 2, (0, 0), (0, 1)),  # rounded up: the last window sticks out
        (7, 3, 2, 2, (0, 0), (0, 0)),  # rounded down: the last pixel is not read
        (7, 4, 3, 2, (1, 1), (1, 1)),
        (6, 4, 3, 2, (1, 1), (1, 2)),
    ],
)
def test_pads_reach_as_far_as_the_windows(size: int, count: int, kernel: int, stride: int, pads, expected) -> None:
    found = reaching((size, 1), (count, 1), (kernel, 1), (stride, 1), (pads[0], 0, pads[1], 0))
    assert (found[0], found[2]) == expected
    # so that a floor division gives the number of windows
    assert (size + found[0] + found[2] - kernel) // stride + 1 == count


@pytest.mark.parametrize(("count", "pads"), [(5, (0, 0, 2, 0)), (5, (2, 0, 0, 0))])
def test_a_window_without_an_image_is_refused(count: int, pads) -> None:
    with pytest.raises(Unsupported, match="leave a window of 2 pixels without an image"):
        reaching((8, 1), (count, 1), (2, 1), (2, 1), pads)


@pytest.mark.parametrize("axes", [(), (3,), (3, 3, 3)])
def test_other_than_two_axes_are_refused(axes: tuple[int, ...]) -> None:
    with pytest.raises(Unsupported, match=rf"its kernel has {len(axes)} spatial axes, 2 are expected"):
        two_axes(axes, "kernel")


FORMS = [
    {"kernel_shape": [k, k], "strides": [s, s], **place, **ceil}
    for k, s in [(2, 1), (2, 2), (3, 2), (3, 3)]
    for ceil in ({}, {"ceil_mode": 1})
    for place in (
        {},
        {"pads": [1, 1, 1, 1]},
        {"pads": [1, 0, 0, 1]},
        {"auto_pad": "SAME_UPPER"},
        {"auto_pad": "SAME_LOWER"},
    )
]


def label(form: dict[str, Any]) -> str:
    place = form.get("auto_pad", "".join(map(str, form.get("pads", []))))
    return f"{form['kernel_shape'][0]}-{form['strides'][0]}-{place}-{'ceil' if 'ceil_mode' in form else 'floor'}"


@pytest.mark.parametrize(("op", "counted"), [("MaxPool", None), ("AveragePool", 0), ("AveragePool", 1)])
@pytest.mark.parametrize("form", FORMS, ids=label)
def test_windows_lie_where_onnxruntime_has_them(
    tmp_path: Path, new_model, run_values, evaluate, form: dict[str, Any], op: str, counted: int | None
) -> None:
    # sides that no stride divides alike
    images = np.random.default_rng(0).normal(size=(2, 2, 8, 7)).astype(np.float32)
    b = new_model((2, 8, 7))
    more = {} if counted is None else {"count_include_pad": counted}
    b.node("Flatten", [b.node(op, ["input"], "y", **form, **more)], "logits")
    path = b.save(tmp_path / "m.onnx")
    try:
        graph = read(path)
    except UnsupportedOperatorError as error:
        # onnxruntime leaves out a window in the pads, onnx before opset 22 does not: their shapes differ
        assert "without an image" in str(error)  # noqa: PT017 - the other outcome is compared below
        assert run_values(path, ["y"], images)["y"].shape[2:] != _ceil_shape(form)
        return
    expected = run_values(path, ["logits"], images)["logits"]
    # means of at most 9 numbers, float32 against float64
    np.testing.assert_allclose(evaluate(graph, images)["logits"], expected, rtol=1e-5, atol=1e-6)


def _ceil_shape(form: dict[str, Any]) -> tuple[int, ...]:
    pads = form["pads"]
    free = [size + pads[i] + pads[i + 2] - form["kernel_shape"][i] for i, size in enumerate((8, 7))]
    return tuple(-(-f // s) + 1 for f, s in zip(free, form["strides"], strict=True))


def test_the_divisor_is_one_number_where_all_windows_hold_as_many_pixels(tmp_path: Path, new_model) -> None:
    divisors = []
    for pads in ([0, 0, 0, 0], [1, 1, 1, 1]):
        b = new_model()
        x = b.node("AveragePool", ["input"], "y", kernel_shape=[3, 3], pads=pads)
        b.node("Flatten", [x], "logits")
        (pool, _) = read(b.save(tmp_path / "m.onnx")).nodes
        assert isinstance(pool, AveragePool)
        divisors.append(pool.divisor)
    assert (divisors[0].shape, float(divisors[0])) == ((), 9)
    line = np.array([2, *[3] * 6, 2])
    np.testing.assert_array_equal(divisors[1], np.outer(line, line)[None])
