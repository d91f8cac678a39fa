"""Calibrating a whole model."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from snnconv.calibration import file
from snnconv.calibration.calibrate import calibrate, measured_values
from snnconv.calibration.calibration import choice_hash
from snnconv.calibration.statistics import ValueKind
from snnconv.data import make_preprocessing, open_images
from snnconv.errors import DataError, ModelError
from snnconv.graph.reading.reader import opened, read
from snnconv.product import product

RELU, POOL, LOGITS = ValueKind.RELU, ValueKind.POOL, ValueKind.LOGITS


def test_every_relu_pool_and_the_logits_are_measured(tiny_resnet: Path) -> None:
    assert [(v.run, v.name, v.kind, v.cap) for v in measured_values(read(tiny_resnet))] == [
        ("bn1", "relu1", RELU, None),
        ("bn2", "relu2", RELU, None),
        ("add1", "relu3", RELU, None),
        ("bn4", "relu4", RELU, None),
        ("add2", "relu5", RELU, None),
        ("average", "average", POOL, None),
        ("bn6", "relu6", RELU, None),
        ("add3", "relu7", RELU, None),
        ("pooled", "pooled", POOL, None),
        ("logits", "logits", LOGITS, None),
    ]


def pooled_model(b, cap: float = 0.5):
    """A capped ReLU, max pooling, and a mean that only the flattened value of the file shows."""
    limits = [b.constant("low", 0), b.constant("high", cap)]
    x = b.node("Clip", [b.conv("input", "conv", (4, 2, 3, 3), bias=True), *limits], "capped")
    x = b.node("MaxPool", [x], "largest", kernel_shape=[2, 2], strides=[2, 2])
    columns = b.node("ReduceMean", [x], "columns", axes=[3], keepdims=0)
    b.gemm(b.node("ReduceMean", [columns], "features", axes=[2], keepdims=0), "hidden", 4, 3)
    b.gemm(b.relu("hidden", "relu"), "logits", 3, 5)
    b.node("Softmax", ["logits"], "probabilities")
    return b


def test_caps_max_poolings_and_values_that_the_file_has_flattened_only(tmp_path: Path, new_model) -> None:
    graph = read(pooled_model(new_model()).save(tmp_path / "m.onnx", "probabilities"))
    assert [(v.run, v.name, v.kind, v.cap) for v in measured_values(graph)] == [
        ("conv", "capped", RELU, 0.5),
        ("largest", "largest", POOL, None),
        ("columns/pooled", "columns/pooled", POOL, None),
        ("features/pooled", "features/pooled", POOL, None),
        ("hidden", "relu", RELU, None),
        ("logits", "logits", LOGITS, None),
    ]


def test_a_capped_relu_is_never_measured_above_its_cap(
    measure, tiny_images, tmp_path: Path, new_model, run_values
) -> None:
    path = pooled_model(new_model()).save(tmp_path / "m.onnx", "probabilities")
    found = measure(tiny_images, model=path, batch_size=9).by_name
    values = run_values(path, ["conv", "capped", "largest", "columns", "features"], tiny_images)
    capped = found["capped"]
    assert (values["conv"] > 0.5).mean() > 0.1
    np.testing.assert_array_equal(capped.largest, np.float32(0.5))
    assert capped.codes.max() == int(np.float32(0.5).view(np.int32)) >> 16
    assert capped.percentile(100) == capped.percentile(99.9) == 0.5
    # all activations are counted: what lies above the cap, as the cap
    np.testing.assert_allclose(capped.counts.sum(), (values["capped"] > 0).sum(), atol=2)
    # before the ReLU nothing is capped; float32 in another order
    np.testing.assert_allclose(capped.mean, values["conv"].mean(axis=(0, 2, 3)), rtol=1e-4, atol=1e-5)
    for name, run in {"largest": "largest", "columns/pooled": "columns", "features/pooled": "features"}.items():
        value = values[run].reshape(*values[run].shape[:2], -1)
        assert found[name].count == value.shape[0] * value.shape[2]
        np.testing.assert_allclose(found[name].largest, value.max(axis=(0, 2)), rtol=1e-4)


@pytest.mark.parametrize(("output", "kind", "cap"), [("hidden", LOGITS, None), ("relu", RELU, None)])
def test_an_output_from_inside_the_model_is_recorded(
    tmp_path: Path, new_model, tiny_images, open_array, output: str, kind: ValueKind, cap: float | None
) -> None:
    path = pooled_model(new_model()).save(tmp_path / "m.onnx", "probabilities")
    found, graph = opened(path, output)
    calibration = calibrate(graph, found, open_array(tiny_images), make_preprocessing("float32", (2, 8, 8)), threads=1)
    last = calibration.values[-1]
    assert (calibration.output, last.name, last.kind, last.channels) == (output, output, kind, 3)
    assert "logits" not in calibration.by_name
    file.save(calibration, tmp_path / "x.calib")
    assert file.load(tmp_path / "x.calib").output == output


def test_an_output_that_is_a_pooling_is_measured_once_and_last(tmp_path: Path, new_model) -> None:
    b = new_model()
    x = b.relu("input", "relu")
    b.node("ReduceMax", [x], "top", axes=[2, 3], keepdims=0)
    graph = read(b.save(tmp_path / "m.onnx", "top"))
    assert [(v.run, v.name, v.kind) for v in measured_values(graph)] == [
        ("input", "relu", RELU),
        ("top/pooled", "top/pooled", POOL),
        ("top", "top", LOGITS),
    ]


def test_the_statistics_are_those_of_the_model(measure, tiny_resnet: Path, tiny_images, run_values) -> None:
    calibration = measure(tiny_images, batch_size=7)
    described = {value.name: value.run for value in measured_values(read(tiny_resnet))}
    values = run_values(tiny_resnet, list(described.values()), tiny_images)
    for name, statistics in calibration.by_name.items():
        value = values[described[name]].astype(np.float64)
        value = value.reshape(*value.shape[:2], -1)
        assert statistics.count == value.shape[0] * value.shape[2]
        # float32 with BatchNorm folded by onnxruntime against float32 without
        close = {"rtol": 1e-4, "atol": 1e-5, "err_msg": name}
        np.testing.assert_allclose(statistics.largest, np.maximum(value, 0).max(axis=(0, 2)), **close)
        np.testing.assert_allclose(statistics.mean, value.mean(axis=(0, 2)), **close)
        np.testing.assert_allclose(statistics.variance, value.var(axis=(0, 2)), **close)
        positive = np.add.reduceat(np.append(statistics.counts, 0), statistics.offsets[:-1])
        np.testing.assert_allclose(positive, (value > 0).sum(axis=(0, 2)), atol=2, err_msg=name)


def test_the_source_and_the_input_are_recorded(measure, open_array, tiny_images) -> None:
    calibration = measure(tiny_images, std="0.5")
    (batch,) = open_array(tiny_images).batches(40)
    np.testing.assert_array_equal(calibration.images, batch.ids)
    (source,) = calibration.sources
    assert (source.name, source.images, source.sha256) == ("images.npy", 40, choice_hash(batch.ids))
    # exact: a division by 1/2
    np.testing.assert_array_equal(calibration.input_low, tiny_images.min(axis=(0, 2, 3)) * 2)
    np.testing.assert_array_equal(calibration.input_high, tiny_images.max(axis=(0, 2, 3)) * 2)
    assert calibration.input_amplitude == 2 * np.abs(tiny_images).max()


def test_only_the_first_samples_are_used(measure, tiny_images) -> None:
    some, alone = measure(tiny_images, samples=13, batch_size=5), measure(tiny_images[:13], batch_size=5)
    np.testing.assert_array_equal(some.images, alone.images)
    for a, b in zip(some.values, alone.values, strict=True):
        np.testing.assert_array_equal(a.counts, b.counts)


def test_more_samples_than_images_are_refused(measure, tiny_images) -> None:
    with pytest.raises(DataError, match=r"^images\.npy has 40 images, 41 were asked for; ask for fewer$"):
        measure(tiny_images, samples=41)


def test_no_samples_are_refused(measure, tiny_images) -> None:
    with pytest.raises(DataError, match=r"^0 samples were asked for; ask for at least 1$"):
        measure(tiny_images, samples=0)


def test_progress_is_told_after_each_batch(measure, tiny_images) -> None:
    told: list[int] = []
    measure(tiny_images, batch_size=16, progress=told.append)
    assert told == [16, 32, 40]


@pytest.mark.parametrize("threads", [2, 0])
def test_threads_change_no_byte(measure, tiny_images, tmp_path: Path, threads: int) -> None:
    one, more = tmp_path / "one.calib", tmp_path / "more.calib"
    file.save(measure(tiny_images, threads=1), one)
    file.save(measure(tiny_images, threads=threads), more)
    assert one.read_bytes() == more.read_bytes()


def test_a_fixed_batch_size_gives_the_same_counts(measure, tiny_images, new_residual_network, tmp_path: Path) -> None:
    fixed = new_residual_network(batch=8).save(tmp_path / "fixed.onnx")
    a, b = measure(tiny_images[:13], model=fixed), measure(tiny_images[:13])
    for first, second in zip(a.values, b.values, strict=True):
        assert (first.name, first.count) == (second.name, second.count)
        # float32 of another batch size can differ in its last bits
        np.testing.assert_allclose(first.largest, second.largest, rtol=1e-5)


def test_activations_that_are_no_numbers_are_refused(
    measure, tiny_images, new_residual_network, tmp_path: Path
) -> None:
    b = new_residual_network()
    b.constants["conv2.weight"] *= 1e38
    with pytest.raises(ModelError, match=r"^the value relu2 holds NaN or infinity for these images; check model"):
        measure(tiny_images, model=b.save(tmp_path / "m.onnx"))


def test_a_model_that_changed_after_it_was_read_is_refused(
    tiny_resnet: Path, open_array, tiny_images, new_residual_network, tmp_path: Path
) -> None:
    other = new_residual_network(seed=1).save(tmp_path / "m.onnx")
    preprocessing = make_preprocessing("float32", (2, 8, 8))
    with pytest.raises(ModelError, match=r"tiny\.onnx changed while it was read; run the command again$"):
        calibrate(read(tiny_resnet), other, open_array(tiny_images), preprocessing)


def test_memory_does_not_grow_with_the_number_of_images(measure) -> None:
    images = np.random.default_rng(0).normal(size=(4000, 2, 8, 8)).astype(np.float32)
    measure(images[:64])  # what is made once
    peaks = []
    for count in (200, 4000):
        tracemalloc.start()
        measure(images, samples=count, batch_size=200, threads=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # the result holds the bins that are in use: about 0.2 MB more of them here, at most the grid; images that are held
    # would be 2 MB more
    assert peaks[1] < peaks[0] + 0.4e6


def test_channels_stay_channels_where_the_file_keeps_them_last(tmp_path: Path, new_model, measure) -> None:
    """A mean over columns alone is kept as (N, H, C): its statistics are by channel all the same."""
    b = new_model()
    scale = b.constant("scale", np.array([1.0, 10.0, 100.0, 1000.0]).reshape(4, 1, 1))
    x = b.node("Mul", [b.conv("input", "conv", (4, 2, 1, 1)), scale], "scaled")
    x = b.node("Transpose", [b.relu(x, "relu")], "last", perm=[0, 2, 3, 1])
    x = b.node("ReduceMean", [x], "columns", axes=[2], keepdims=0)
    b.gemm(b.node("ReduceMean", [x], "both", axes=[1], keepdims=0), "logits", 4, 5)
    path = b.save(tmp_path / "last.onnx")
    images = np.random.default_rng(3).uniform(0, 1, (6, 2, 8, 8)).astype(np.float32)
    found = measure(images, model=path)
    weight = b.constants["conv.weight"][:, :, 0, 0] * np.array([[1.0], [10.0], [100.0], [1000.0]])
    relu = np.maximum(np.einsum("oi,nihw->nohw", weight, images), 0)
    columns, both = (relu.mean(axis=axes).max(axis=other) for axes, other in ((3, (0, 2)), ((2, 3), 0)))
    names = [value.name for value in found.values]
    for name, expected in (("columns/pooled", columns), ("both/pooled", both)):
        np.testing.assert_allclose(found.values[names.index(name)].largest, expected, rtol=1e-5)


@pytest.mark.parametrize("cap", [None, 0.5])
def test_an_output_that_is_a_relu_is_judged_behind_it(tmp_path: Path, new_model, cap: float | None) -> None:
    b = new_model()
    x = b.gemm(b.node("Flatten", [b.node("GlobalAveragePool", ["input"], "mean")], "flat"), "before", 2, 5)
    limits = [b.constant("low", 0), *([] if cap is None else [b.constant("high", cap)])]
    b.node("Clip", [x, *limits], "logits")
    path = b.save(tmp_path / "m.onnx")
    images = np.random.default_rng(3).normal(0, 2, (20, 2, 8, 8)).astype(np.float32)
    found, graph = opened(path)
    before = product(images.mean(axis=(2, 3)), b.constants["before.weight"].T) + b.constants["before.bias"]
    decisions = np.clip(before, 0, cap).argmax(axis=1)
    np.savez(tmp_path / "d.npz", x=images, y=decisions)
    opened_images = open_images(tmp_path / "d.npz", input_shape=(2, 8, 8))
    result = calibrate(graph, found, opened_images, make_preprocessing("float32", (2, 8, 8)), threads=1)
    assert (result.correct, result.labelled) == (20, 20)
