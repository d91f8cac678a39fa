import re

import numpy as np
import pytest

from snnconv.data.layout import Layout, find_layout, to_nhwc
from snnconv.errors import DataError


@pytest.mark.parametrize(
    ("shape", "input_shape", "layout", "expected"),
    [
        ((9, 5, 4, 3), (3, 5, 4), Layout.AUTO, Layout.NHWC),
        ((9, 3, 5, 4), (3, 5, 4), Layout.AUTO, Layout.NCHW),
        ((9, 5, 4), (1, 5, 4), Layout.AUTO, Layout.NCHW),
        ((9, 5, 4), (1, 5, 4), Layout.NHWC, Layout.NCHW),
        ((9, 1, 1, 1), (1, 1, 1), Layout.AUTO, Layout.NHWC),
        ((9, 3, 3, 3), (3, 3, 3), Layout.NHWC, Layout.NHWC),
        ((9, 3, 3, 3), (3, 3, 3), Layout.NCHW, Layout.NCHW),
    ],
)
def test_the_reading_that_fits_is_taken(
    shape: tuple[int, ...], input_shape: tuple[int, int, int], layout: Layout, expected: Layout
) -> None:
    assert find_layout(shape, input_shape, layout, "x") is expected


@pytest.mark.parametrize(
    ("shape", "input_shape", "layout", "message"),
    [
        (
            (9, 3, 3, 3),
            (3, 3, 3),
            Layout.AUTO,
            "a.npz: x has the shape (9, 3, 3, 3), which reads as nhwc and as nchw; give --layout nhwc or nchw",
        ),
        (
            (9, 6, 4, 3),
            (3, 5, 4),
            Layout.AUTO,
            "a.npz: x has the shape (9, 6, 4, 3), the model takes (N, 5, 4, 3) or (N, 3, 5, 4); "
            "save images of the model's size, or give image files and --resize at calibration",
        ),
        (
            (9, 5, 4, 3),
            (3, 5, 4),
            Layout.NCHW,
            "a.npz: x has the shape (9, 5, 4, 3), the model takes (N, 3, 5, 4); give another --layout, or none",
        ),
        (
            (9, 5, 4),
            (3, 5, 4),
            Layout.AUTO,
            "a.npz: x has the shape (9, 5, 4), the model takes (N, 5, 4, 3) or (N, 3, 5, 4); "
            "for grey images save np.repeat(x.reshape(-1, 5, 4, 1), 3, axis=3)",
        ),
        (
            (),
            (3, 5, 4),
            Layout.AUTO,
            "a.npz: x has the shape (), the model takes (N, 5, 4, 3) or (N, 3, 5, 4); save images of the model's size",
        ),
    ],
)
def test_no_reading_or_two_are_refused(
    shape: tuple[int, ...], input_shape: tuple[int, int, int], layout: Layout, message: str
) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        find_layout(shape, input_shape, layout, "a.npz: x")


@pytest.mark.parametrize(
    ("shape", "input_shape", "advice"),
    [
        ((7, 5, 4), (3, 5, 4), "for grey images save np.repeat(x.reshape(-1, 5, 4, 1), 3, axis=3)"),
        ((7, 5, 4, 1), (3, 5, 4), "for grey images save np.repeat(x.reshape(-1, 5, 4, 1), 3, axis=3)"),
        ((7, 1, 5, 4), (3, 5, 4), "for grey images save np.repeat(x, 3, axis=1)"),
        ((7, 5, 4, 4), (3, 5, 4), "save x[..., :3], without the transparency"),
        ((7, 4, 5, 4), (3, 5, 4), "save x[:, :3], without the transparency"),
        ((5, 4, 3), (3, 5, 4), "save x[np.newaxis], an array of one image"),
        ((3, 5, 4), (3, 5, 4), "save x[np.newaxis], an array of one image"),
        ((5, 4), (1, 5, 4), "save x[np.newaxis], an array of one image"),
        ((5, 4, 3, 7), (3, 5, 4), "save np.moveaxis(x, -1, 0), images first"),
        ((3, 5, 4, 7), (3, 5, 4), "save np.moveaxis(x, -1, 0), images first"),
        ((7, 60), (3, 5, 4), "save x.reshape(-1, 3, 5, 4), or of (-1, 5, 4, 3) where channels are last"),
        ((7, 20), (1, 5, 4), "save x.reshape(-1, 5, 4)"),
    ],
)
def test_advised_shapes_are_read(shape: tuple[int, ...], input_shape: tuple[int, int, int], advice: str) -> None:
    with pytest.raises(DataError) as caught:
        find_layout(shape, input_shape, Layout.AUTO, "x")
    assert str(caught.value).endswith(f"; {advice}")
    expression = re.sub("^.*?save |, an array.*|, without.*|, images first|, or of .*", "", advice)
    saved = eval(expression, {"np": np, "x": np.zeros(shape)})
    find_layout(saved.shape, input_shape, Layout.AUTO, "x")


def test_grey_models_and_colour_images() -> None:
    for shape in ((7, 5, 4, 3), (7, 3, 5, 4)):
        with pytest.raises(
            DataError, match=re.escape("; save grey images, made as the training made them, of the shape (")
        ):
            find_layout(shape, (1, 5, 4), Layout.AUTO, "x")


def test_axes_are_moved() -> None:
    x = np.arange(2 * 3 * 5 * 4, dtype=np.float32).reshape(2, 3, 5, 4)
    moved = to_nhwc(x, Layout.NCHW)
    assert moved.shape == (2, 5, 4, 3)
    assert moved.flags.c_contiguous
    assert moved[1, 4, 2, 0] == x[1, 0, 4, 2]
    assert to_nhwc(x[:, 0], Layout.NCHW).shape == (2, 5, 4, 1)
    assert to_nhwc(x, Layout.NHWC) is x
