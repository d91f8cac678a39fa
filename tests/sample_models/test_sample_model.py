"""The sample model and its images are what their README says; nothing of the package is used here."""

import hashlib
import math
import re
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

FOLDER = Path(__file__).parents[2] / "sample_models"
MODEL = FOLDER / "digits_resnet.onnx"
CALIBRATION = FOLDER / "digits_calibration.npz"
TEST = FOLDER / "digits_test.npz"


@cache
def readme() -> str:
    return (FOLDER / "README.md").read_text(encoding="utf-8")


@cache
def graph() -> onnx.GraphProto:
    model = onnx.load(MODEL)
    onnx.checker.check_model(model, full_check=True)
    return model.graph


@cache
def images(path: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    with np.load(path, allow_pickle=False) as file:
        assert sorted(file) == ["x", "y"]
        return file["x"], file["y"]


@cache
def correct(path: Path) -> int:
    x, y = images(path)
    session = onnxruntime.InferenceSession(MODEL, providers=["CPUExecutionProvider"])
    preprocessed = (x[:, None].astype(np.float32) / 16 - np.float32(0.5)) / np.float32(0.5)
    (logits,) = session.run(["logits"], {"input": preprocessed})
    assert logits.shape == (len(y), 10)
    return int((np.argmax(logits, axis=1) == y).sum())


def figure(pattern: str) -> re.Match[str]:
    found = re.search(pattern, readme())
    assert found is not None, f"the README does not say {pattern!r}"
    return found


@pytest.mark.parametrize("path", [MODEL, CALIBRATION, TEST], ids=lambda path: path.name)
def test_the_hash_is_the_one_in_the_readme(path: Path) -> None:
    line = figure(rf"\| `{re.escape(path.name)}` \|.*\| `([0-9a-f]{{64}})` \|")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == line[1]


def test_the_model_is_small_and_holds_no_paths() -> None:
    data = MODEL.read_bytes()
    assert len(data) < 1_000_000
    assert f"{len(data):,} bytes" in readme()
    model = onnx.load(MODEL)
    assert not model.metadata_props
    texts = [model.doc_string, model.graph.doc_string, *(node.doc_string for node in model.graph.node)]
    assert set(texts) == {""}
    assert b".py" not in data


def test_the_interface_is_as_described() -> None:
    (given,), (result,) = graph().input, graph().output
    assert (given.name, result.name) == ("input", "logits")
    shapes = [
        [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim] for value in (given, result)
    ]
    assert shapes == [["N", 1, 8, 8], ["N", 10]]
    assert [(entry.domain, entry.version) for entry in onnx.load(MODEL).opset_import] == [("", 17)]


def test_the_operators_are_counted_in_the_readme() -> None:
    kinds = [node.op_type for node in graph().node]
    for kind in ("Conv", "BatchNormalization", "Relu", "Add"):
        assert f"{kinds.count(kind)} `{kind}`" in readme()
    once = {"GlobalAveragePool", "Flatten", "Gemm"}
    assert all(kinds.count(kind) == 1 for kind in once)
    assert kinds.count("Identity") == 2
    assert set(kinds) == once | {"Conv", "BatchNormalization", "Relu", "Add", "Identity"}


def test_batchnorm_is_not_folded() -> None:
    readers = {name: node for node in graph().node for name in node.input}
    convolutions = [node for node in graph().node if node.op_type == "Conv"]
    assert len(convolutions) > 0
    for node in convolutions:
        assert len(node.input) == 2, f"{node.name} has a bias"
        assert readers[node.output[0]].op_type == "BatchNormalization"
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph().initializer}
    for node in graph().node:
        if node.op_type == "BatchNormalization":
            assert {entry.name: entry.i for entry in node.attribute}["training_mode"] == 0
            # trained statistics: a BatchNorm that a fold left behind would have mean 0 and variance 1
            assert np.abs(constants[node.input[3]]).max() > 0
            assert np.abs(constants[node.input[4]] - 1).max() > 0


def test_shortcuts_are_identities_within_and_projections_between_stages() -> None:
    makers = {name: node for node in graph().node for name in node.output}
    weights = {tensor.name: tuple(tensor.dims) for tensor in graph().initializer}
    found = []
    for node in graph().node:
        if node.op_type != "Add":
            continue
        main, shortcut = (makers[name] for name in node.input)
        assert main.op_type == "BatchNormalization"
        if shortcut.op_type == "Relu":
            found.append("identity")
            continue
        convolution = makers[shortcut.input[0]]
        strides = next(list(entry.ints) for entry in convolution.attribute if entry.name == "strides")
        found.append(f"projection {weights[convolution.input[1]]} {strides}")
    assert found == [
        "identity",
        "identity",
        "projection (16, 8, 1, 1) [2, 2]",
        "identity",
        "projection (32, 16, 1, 1) [2, 2]",
        "identity",
    ]


def test_the_number_of_parameters_is_the_one_in_the_readme() -> None:
    makers = {name: node for node in graph().node for name in node.output}
    trained: dict[str, int] = {}
    sizes = {tensor.name: math.prod(tensor.dims) for tensor in graph().initializer}
    for node in graph().node:
        # inputs 3 and 4 of a BatchNorm are running statistics, which are not trained
        for name in node.input[1:3] if node.op_type in {"Conv", "BatchNormalization", "Gemm"} else ():
            trained[name] = sizes[name if name in sizes else makers[name].input[0]]
    assert f"{sum(trained.values()):,} trainable parameters" in readme()


@pytest.mark.parametrize(("path", "count"), [(CALIBRATION, 1347), (TEST, 450)])
def test_the_images_are_raw_grey_values_with_labels(path: Path, count: int) -> None:
    x, y = images(path)
    assert x.dtype == np.uint8
    assert y.dtype == np.uint8
    assert (x.shape, y.shape) == ((count, 8, 8), (count,))
    assert (x.min(), x.max()) == (0, 16)
    # stratified: each class has its share of the data set's 174 to 183 images, to one image
    shares = np.bincount(y, minlength=10) / count
    both = np.concatenate([images(CALIBRATION)[1], images(TEST)[1]])
    assert np.abs(shares - np.bincount(both, minlength=10) / len(both)).max() * count <= 1


def test_calibration_and_test_images_are_distinct() -> None:
    # The whole data set has 1,797 images and no exact copies. So distinct pixels mean distinct images, and
    # an image that stood in both files, or twice in one, would show here.
    both = np.concatenate([images(CALIBRATION)[0], images(TEST)[0]]).reshape(-1, 64)
    assert len(both) == 1797
    assert len(np.unique(both, axis=0)) == 1797


def test_the_test_accuracy_is_the_one_in_the_readme() -> None:
    said = figure(r"Test accuracy: (\d+) of (\d+) images = ([\d.]+) %, Wilson 95 % interval ([\d.]+) % to ([\d.]+) %")
    hits, count = correct(TEST), len(images(TEST)[1])
    assert hits / count >= 0.97
    # exact: the closest pair of largest logits is 1.4e-4 apart, far beyond float32 differences of about 3e-6
    assert (int(said[1]), int(said[2])) == (hits, count)
    assert said[3] == f"{100 * hits / count:.2f}"
    # Wilson's bounds are the two p with (hits/count - p)^2 = z^2 p (1 - p) / count, a quadratic equation in p
    share, z2 = hits / count, 1.959964**2 / count
    low, high = sorted(np.roots([1 + z2, -(2 * share + z2), share**2]))
    assert (said[4], said[5]) == (f"{100 * low:.2f}", f"{100 * high:.2f}")


def test_the_training_accuracy_is_the_one_in_the_readme() -> None:
    said = figure(r"Training accuracy: (\d+) of (\d+)")
    assert (int(said[1]), int(said[2])) == (correct(CALIBRATION), len(images(CALIBRATION)[1]))
