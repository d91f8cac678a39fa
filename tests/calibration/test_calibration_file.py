"""The ``.calib`` file comes back as it was written, or is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.calibration import file
from snnconv.calibration.calibration import Calibration
from snnconv.errors import CalibrationError, FileMissingError, InputError
from snnconv.files import container

Change = Callable[[dict[str, Any], container.Tensors], None]


@pytest.fixture
def calibration(measure, tiny_images) -> Calibration:
    return measure(tiny_images[:6])


@pytest.fixture
def saved(calibration: Calibration, tmp_path: Path) -> Path:
    path = tmp_path / "good.calib"
    file.save(calibration, path)
    return path


def changed(path: Path, change: Change) -> Path:
    """Change a file's content and give it hashes that fit: only the content is wrong."""
    manifest, tensors = container.read(path, file.FORMAT, 10**6)
    change(manifest, tensors)
    container.write(path, manifest, tensors)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(CalibrationError) as caught:
        file.load(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message.removeprefix(str(path))


def test_what_is_saved_is_loaded(calibration: Calibration, saved: Path) -> None:
    loaded = file.load(saved)
    assert (loaded.model_name, loaded.model_sha256) == (calibration.model_name, calibration.model_sha256)
    assert loaded.sources == calibration.sources
    assert loaded.preprocessing.same_as(calibration.preprocessing) == []
    for a, b in zip(loaded.values, calibration.values, strict=True):
        assert (a.name, a.kind, a.count) == (b.name, b.kind, b.count)
        for field in ("offsets", "codes", "counts", "largest", "mean", "variance"):
            assert getattr(a, field).dtype == getattr(b, field).dtype
            np.testing.assert_array_equal(getattr(a, field), getattr(b, field))


def test_save_load_save_is_byte_stable(saved: Path, tmp_path: Path) -> None:
    file.save(file.load(saved), tmp_path / "again.calib")
    assert saved.read_bytes() == (tmp_path / "again.calib").read_bytes()


def test_calibrating_again_gives_the_same_bytes(measure, tiny_images, saved: Path, tmp_path: Path) -> None:
    file.save(measure(tiny_images[:6]), tmp_path / "again.calib")
    assert saved.read_bytes() == (tmp_path / "again.calib").read_bytes()


def test_neither_paths_nor_times_are_written(saved: Path, tmp_path: Path) -> None:
    assert str(tmp_path).encode() not in saved.read_bytes()
    manifest, _ = container.read(saved, file.FORMAT, file.VERSION)
    assert sorted(manifest) == [
        *["classes", "correct", "format", "labelled", "model", "preprocessing", "sources", "tool", "values", "version"]
    ]
    assert manifest["model"]["name"] == "tiny.onnx"
    assert manifest["sources"][0]["name"] == "images.npy"


@pytest.mark.parametrize(
    ("largest", "dtype"), [(255, "uint8"), (256, "uint16"), (2**16, "uint32"), (2**32, "uint64"), (2**53, "uint64")]
)
def test_counts_are_kept_in_the_smallest_type(
    calibration: Calibration, tmp_path: Path, largest: int, dtype: str
) -> None:
    value = calibration.values[0]
    counts = value.counts.copy()
    counts[0] = largest
    changed = replace(value, counts=counts, count=6 * 2**57)
    path = tmp_path / "large.calib"
    file.save(replace(calibration, values=(changed, *calibration.values[1:])), path)
    assert container.read(path, file.FORMAT, file.VERSION)[1]["values.0.counts"].dtype.name == dtype
    loaded = file.load(path).values[0].counts
    assert loaded.dtype == np.int64
    np.testing.assert_array_equal(loaded, counts)


def test_counts_beyond_int64_are_refused(saved: Path) -> None:
    def change(_: dict[str, Any], tensors: container.Tensors) -> None:
        tensors["values.0.counts"] = tensors["values.0.counts"].astype(np.uint64) + np.uint64(2**63)

    assert refusal(changed(saved, change)).startswith(
        ": tensor values.0.counts must be one axis of unsigned counts, found uint64"
    )


def test_layers_that_are_never_active_are_kept(measure, tiny_images, new_residual_network, tmp_path: Path) -> None:
    b = new_residual_network()
    b.constants["bn1.gamma"][:] = 0
    b.constants["bn1.beta"][:] = -1
    calibration = measure(tiny_images[:3], model=b.save(tmp_path / "dead.onnx"))
    assert len(calibration.by_name["relu1"].codes) == 0
    file.save(calibration, tmp_path / "dead.calib")
    loaded = file.load(tmp_path / "dead.calib").by_name["relu1"]
    assert loaded.offsets.tolist() == [0] * 5
    assert loaded.percentile(99.9) == 0
    assert loaded.channel_percentiles(99.9).tolist() == [0] * 4


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=r"none\.calib does not exist"):
        file.load(tmp_path / "none.calib")


def test_a_missing_folder_is_said(calibration: Calibration, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the folder .* does not exist; make it first"):
        file.save(calibration, tmp_path / "none" / "x.calib")


def test_a_network_file_is_no_calibration(tmp_path: Path) -> None:
    container.write(tmp_path / "x.snn", {"format": "snnconv.snn", "version": 1}, {})
    assert refusal(tmp_path / "x.snn") == " is not a snnconv.calib file: its format is 'snnconv.snn'"


def test_a_newer_version_says_to_upgrade(saved: Path) -> None:
    path = changed(saved, lambda manifest, _: manifest.update(version=2))
    assert refusal(path) == " has snnconv.calib version 2, this snnconv reads up to 1: upgrade snnconv"


def test_a_changed_byte_is_refused(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    data[-3] ^= 4
    saved.write_bytes(data)
    assert "does not match its hash; make it anew" in refusal(saved)


def test_flipped_and_missing_bytes_are_refused_or_change_nothing(saved: Path, tmp_path: Path) -> None:
    data = saved.read_bytes()
    random = np.random.default_rng(0)
    damaged = [data[:cut] for cut in random.integers(0, len(data), 50)]
    for place, flip in zip(random.integers(0, len(data), 150), random.integers(1, 256, 150), strict=True):
        damaged.append(data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :])
    refused = 0
    for content in damaged:
        saved.write_bytes(content)
        try:
            loaded = file.load(saved)
        except CalibrationError:
            refused += 1
            continue
        file.save(loaded, tmp_path / "again.calib")
        assert (tmp_path / "again.calib").read_bytes() == data
    assert refused > 190


@pytest.mark.parametrize(
    ("name", "dtype", "shown"),
    [
        ("images", np.int64, "must be one axis of uint64, found int64 (6,)"),
        ("input.low", np.float64, "must be one axis of float32, found float64 (2,)"),
        ("values.0.codes", np.int32, "must be one axis of uint16, found int32"),
        ("values.3.counts", np.int32, "must be one axis of unsigned counts, found int32"),
        ("values.9.mean", np.float32, "must be one axis of float64, found float32 (5,)"),
    ],
)
def test_tensors_of_another_type_are_refused(saved: Path, name: str, dtype: type, shown: str) -> None:
    path = changed(saved, lambda _, tensors: tensors.update({name: tensors[name].astype(dtype)}))
    assert refusal(path).startswith(f": tensor {name} {shown}")


def test_tensors_of_two_axes_are_refused(saved: Path) -> None:
    path = changed(saved, lambda _, tensors: tensors.update(images=tensors["images"][None]))
    assert refusal(path) == ": tensor images must be one axis of uint64, found uint64 (1, 6)"


def test_a_missing_tensor_is_named(saved: Path) -> None:
    path = changed(saved, lambda _, tensors: tensors.pop("values.2.largest"))
    assert refusal(path) == ": tensor values.2.largest must be one axis of float32, found nothing"


def test_a_tensor_that_belongs_to_nothing_is_named(saved: Path) -> None:
    path = changed(saved, lambda _, tensors: tensors.update(extra=np.zeros(1)))
    assert refusal(path) == ": the tensor extra belongs to nothing"


def set_first(name: str, value: float) -> Change:
    def change(_: dict[str, Any], tensors: container.Tensors) -> None:
        tensors[name] = tensors[name].copy()
        tensors[name][0] = value

    return change


def reverse(name: str) -> Change:
    return lambda _, tensors: tensors.update({name: tensors[name][::-1].copy()})


def shorten(name: str) -> Change:
    return lambda _, tensors: tensors.update({name: tensors[name][:-1].copy()})


CONTRADICTIONS = {
    "offsets do not start at 0": set_first("values.0.offsets", 1),
    "offsets fall": reverse("values.0.offsets"),
    "no offsets": lambda _, tensors: tensors.update({"values.0.offsets": np.zeros(0, np.int64)}),
    "fewer channels": shorten("values.0.offsets"),
    "fewer bins": shorten("values.0.codes"),
    "fewer counts": shorten("values.0.counts"),
    "fewer means": shorten("values.0.mean"),
    "a count of 0": set_first("values.0.counts", 0),
    "counts above all": lambda _, t: t.update({"values.0.counts": t["values.0.counts"].astype(np.uint32) + 400}),
    "a bin of zeros": set_first("values.0.codes", 0),
    "a bin beyond float32": set_first("values.0.codes", 0x7F80),
    "bins fall": reverse("values.0.codes"),
    "a largest number below 0": set_first("values.0.largest", -1),
    "a variance below 0": set_first("values.0.variance", -1),
    "fewer numbers than counted": lambda manifest, _: manifest["values"][0].update(count=1),
}


@pytest.mark.parametrize("change", CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_histograms_that_contradict_themselves_are_refused(saved: Path, change: Change) -> None:
    expected = ": the histogram of relu1 contradicts itself; calibrate again"
    assert refusal(changed(saved, change)) == expected


def test_images_that_do_not_fit_their_source_are_refused(saved: Path) -> None:
    path = changed(saved, set_first("images", 0))
    assert refusal(path) == ": the images of images.npy do not match their hash; calibrate again"


def test_images_without_a_source_are_refused(saved: Path) -> None:
    path = changed(saved, lambda _, t: t.update(images=np.append(t["images"], np.uint64(1))))
    assert refusal(path) == ": 7 images are listed, 6 belong to a source"


CONTRADICTIONS: dict[str, tuple[Change, str]] = {
    "channels": (
        lambda _, t: t.update({"input.low": np.zeros(7, np.float32)}),
        " channels, found 7 and ",
    ),
    "range": (
        lambda _, t: t.update({"input.low": t["input.high"] + np.float32(1)}),
        ": input.low and input.high must be the range of ",
    ),
    "right": (lambda m, _: m.update(labelled=3, correct=4), ": 4 of 3 labelled of 6 images cannot be right; calibrate"),
    "labelled": (lambda m, _: m.update(labelled=7), ": 0 of 7 labelled of 6 images cannot be right; calibrate"),
    "names": (lambda m, _: m["values"][0].update(name=m["values"][1]["name"]), ": two values have one name; calibrate"),
    "count": (
        lambda m, _: m["values"][0].update(count=6 * 10**6 + 1),
        " has 6000001 numbers in each channel, they are",
    ),
    "largest": (
        lambda _, t: t.update({"values.0.largest": t["values.0.largest"] * np.float32(2)}),
        " contradicts itself; calibrate again",
    ),
    "no bins": (
        lambda _, t: (
            t.update({f"values.0.{name}": t[f"values.0.{name}"][:0] for name in ("codes", "counts")})
            or t.update({"values.0.offsets": t["values.0.offsets"] * 0})
        ),
        " contradicts itself; calibrate again",
    ),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_what_contradicts_itself_is_refused(what: str, saved: Path) -> None:
    change, message = CONTRADICTIONS[what]
    assert message in refusal(changed(saved, change))


SCHEMA = {
    "no model": (lambda m, _: m.pop("model"), "model: Field required"),
    "unknown key": (lambda m, _: m.update(extra=1), "extra: Extra inputs are not permitted"),
    "no hash": (lambda m, _: m["model"].update(sha256="abc"), "model.sha256: String should match pattern"),
    "no values": (lambda m, _: m.update(values=[]), "values: Tuple should have at least 1 item"),
    "unknown kind": (lambda m, _: m["values"][1].update(kind="x"), "values.1.kind: Input should be 'relu', 'pool' or"),
    "no images": (lambda m, _: m["sources"][0].update(images=0), "sources.0.images: Input should be greater than 0"),
    "no scale": (lambda m, _: m["preprocessing"].pop("scale"), "preprocessing.scale: Field required"),
}


@pytest.mark.parametrize(("change", "shown"), SCHEMA.values(), ids=SCHEMA.keys())
def test_a_manifest_that_breaks_the_schema_is_refused(saved: Path, change: Change, shown: str) -> None:
    assert refusal(changed(saved, change)).startswith(f" breaks the .calib schema: {shown}")


def test_a_preprocessing_that_cannot_be_computed_is_refused(saved: Path) -> None:
    path = changed(saved, lambda _, t: t.update({"preprocessing.std": np.zeros((2, 1, 1))}))
    assert refusal(path) == ": --std must be finite and greater than 0 in float32, found 0; correct it"


def test_class_names_are_written(calibration: Calibration, tmp_path: Path) -> None:
    names = ("cat", "Äffchen", "\x1b[31m", "d", "e")
    path = tmp_path / "named.calib"
    file.save(replace(calibration, classes=names), path)
    assert file.load(path).classes == names
    file.save(calibration, path)
    assert file.load(path).classes is None


def test_the_first_files_have_neither_labels_nor_names(calibration: Calibration, tmp_path: Path) -> None:
    path = tmp_path / "early.calib"
    file.save(replace(calibration, labelled=6, correct=3, classes=tuple("abcde")), path)
    loaded = file.load(path)
    assert (loaded.labelled, loaded.correct) == (6, 3)

    def forget(manifest: dict[str, Any], tensors: container.Tensors) -> None:
        for key in ("labelled", "correct", "classes"):
            del manifest[key]

    loaded = file.load(changed(path, forget))
    assert (loaded.labelled, loaded.correct, loaded.classes) == (0, 0, None)


def test_class_names_that_do_not_fit_are_refused(saved: Path) -> None:
    def name(manifest: dict[str, Any], tensors: container.Tensors) -> None:
        manifest["classes"] = ["a", "b"]

    assert refusal(changed(saved, name)) == " names 2 classes, the model has 5; calibrate again"
