"""Models in forms that people bring, through check, calibrate, convert and simulate, as one answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

import snnconv
from snnconv.data import Layout
from snnconv.errors import DataError
from tests.graph.forms import gather, shuffled

Builder = Any
Array = np.ndarray[Any, Any]

IMAGES = np.random.default_rng(3).normal(size=(65, 2, 8, 8)).astype(np.float32)


def main_job(folder: Path, model: Path, images: Array = IMAGES, **preprocessing: Any) -> tuple[Any, Any]:
    """Do the four commands' work on a model; give what convert and simulate say."""
    np.save(folder / "x.npy", images)
    options = snnconv.ConversionOptions(compensation="none", readout="current", percentile=100)
    checked = snnconv.check(model, options)
    assert checked.convertible, checked
    given = snnconv.PreprocessingOptions(**preprocessing) if preprocessing else None
    layout = Layout.NCHW
    snnconv.calibrate(model, folder / "x.npy", folder / "m.calib", layout=layout, preprocessing=given)
    _, converted = snnconv.convert(model, folder / "m.calib", folder / "m.snn", options)
    assert checked.totals is not None
    assert checked.totals.neurons == converted.neurons
    run = snnconv.simulate(
        folder / "m.snn",
        folder / "x.npy",
        folder / "run",
        snnconv.SimulateOptions(steps=128, limit=17, layout=layout, reference=model),
    )
    return converted, run


def squeezed(b: Builder) -> None:
    """``x.squeeze()``: of one image the batch axis is squeezed too."""
    x = b.relu(b.conv("input", "conv", (4, 2, 3, 3)), "relu")
    b.gemm(b.node("Squeeze", [b.node("GlobalAveragePool", [x], "pooled")], "flat"), "logits", 4, 5)


def activated(op: str, *constants: Any, **attributes: Any) -> Callable[[Builder], None]:
    """A residual network with another activation than ReLU, one behind the sum too."""

    def act(b: Builder, x: str, y: str) -> str:
        return b.node(op, [x, *(b.constant(f"{y}.{i}", value) for i, value in enumerate(constants))], y, **attributes)

    def build(b: Builder) -> None:
        x = act(b, b.conv("input", "conv", (4, 2, 3, 3), bias=True), "act")
        y = act(b, b.batchnorm(b.conv(x, "conv2", (4, 4, 3, 3), pads=[1, 1, 1, 1]), "bn", 4), "act2")
        b.classifier(act(b, b.add(b.conv(y, "conv3", (4, 4, 1, 1)), x, "sum"), "act3"), 4)

    return build


def maxout(b: Builder) -> None:
    """The larger of two halves of the channels, as face recognition networks have it."""
    b.node("Split", [b.conv("input", "conv", (8, 2, 3, 3))], "left", axis=1)
    b.nodes[-1].output.append("right")
    x = b.node("Max", ["left", "right"], "most")
    b.classifier(b.relu(b.conv(x, "conv2", (4, 4, 3, 3)), "relu"), 4)


def repeated(b: Builder) -> None:
    """Channels of the image repeated, a shuffle of channels, one pixel of the last map."""
    x = b.node("Tile", ["input", b.constant("times", [1, 2, 1, 1], np.int64)], "more")
    x = shuffled(b, b.relu(b.conv(x, "conv", (6, 4, 3, 3)), "relu"), 3, 2, 6)
    x = b.relu(b.conv(x, "conv2", (4, 6, 3, 3), strides=[2, 2]), "relu2")
    b.gemm(gather(b, gather(b, x, 1, "row", axis=2), -1, "pixel", axis=2), "logits", 4, 5)


FORMS: dict[str, Callable[[Builder], None]] = {
    "squeeze": squeezed,
    "leaky": activated("LeakyRelu", alpha=0.1),
    "prelu": activated("PRelu", [[[0.25]], [[0]], [[1]], [[-0.5]]]),
    "hardtanh": activated("Clip", -1, 0.8),
    "maxout": maxout,
    "moves": repeated,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_a_form_converts_and_agrees_with_its_model(tmp_path: Path, new_model, form: Callable[[Builder], None]) -> None:
    b = new_model()
    form(b)
    converted, run = main_job(tmp_path, b.save(tmp_path / "m.onnx"))
    # float32 in onnxruntime against exact sums, and weights on their grids
    assert converted.parity.largest_error < 1e-5
    # 17 images, of which one is alone in a piece; few steps and no compensation leave a little
    assert run.agreement["128"] >= 0.8


def test_bytes_go_in_where_the_model_preprocesses_them(tmp_path: Path, new_model) -> None:
    b = new_model((8, 8, 2))
    b.input.type.tensor_type.elem_type = TensorProto.UINT8
    x = b.node("Cast", ["input"], "cast", to=TensorProto.FLOAT)
    x = b.node("Div", [b.node("Sub", [x, b.constant("mean", [120, 130])], "centred"), b.constant("std", 60)], "scaled")
    x = b.node("Transpose", [x], "first", perm=[0, 3, 1, 2])
    b.classifier(b.relu(b.conv(x, "conv", (4, 2, 3, 3)), "relu"), 4)
    model = b.save(tmp_path / "m.onnx")
    images = np.random.default_rng(5).integers(0, 256, (40, 2, 8, 8)).astype(np.uint8)
    np.save(tmp_path / "x.npy", images)
    with pytest.raises(
        DataError, match=r"m\.onnx takes UINT8, the preprocessed images hold .* calibrate with --scale 1"
    ):
        snnconv.calibrate(model, tmp_path / "x.npy", tmp_path / "m.calib", layout=Layout.NCHW)
    converted, run = main_job(tmp_path, model, images, scale=1)
    assert converted.parity.drawn  # whole numbers
    assert run.agreement["128"] >= 0.8


@pytest.mark.parametrize("count", [1, 65])
def test_one_image_is_never_run_alone_where_its_shapes_would_be_others(tmp_path: Path, new_model, count: int) -> None:
    b = new_model()
    squeezed(b)
    converted, _ = main_job(tmp_path, b.save(tmp_path / "m.onnx"), np.resize(IMAGES, (max(17, count), 2, 8, 8)))
    assert converted.parity.largest_error < 1e-5
    np.save(tmp_path / "few.npy", IMAGES[:count])
    made = snnconv.calibrate(tmp_path / "m.onnx", tmp_path / "few.npy", tmp_path / "few.calib", layout=Layout.NCHW)
    assert len(made.images) == count
    told = snnconv.diagnose(
        tmp_path / "m.snn",
        tmp_path / "m.onnx",
        tmp_path / "x.npy",
        snnconv.DiagnoseOptions(samples=17, layout=Layout.NCHW),
        calibration=tmp_path / "m.calib",
    )
    assert told.images == 17
