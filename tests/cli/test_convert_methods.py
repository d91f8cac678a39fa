"""``snnconv convert`` with each method, on the sample model."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from snnconv.files import container

SCHEMA = Path(__file__).parents[2] / "schemas" / "conversion-summary.schema.json"


@pytest.fixture
def convert(snnconv, made, samples, tmp_path):
    """Convert the sample model to n.snn on two training images and few steps; options that are given come later."""

    def run(*options: object, data: object = samples / "digits_calibration.npz", count: int | None = 2, name="n.snn"):
        given = [] if data is None else ["--data", data]
        given += [] if count is None else ["--samples", count]
        return snnconv(
            *("convert", samples / "digits_resnet.onnx", "--calibration", made / "digits.calib"),
            *("-o", tmp_path / name, "--steps", 12, *given, *options),
        )

    return run


def one_line(found, code: int, *texts: str) -> None:
    assert (found.code, found.out, found.err.count("\n")) == (code, "", 1), found
    for text in texts:
        assert text in found.err


METHODS = {
    "search": [],
    "agreement": ["--objective", "agreement"],
    "layerwise": ["--compensation", "layerwise"],
    "balance": ["--preset", "spike-norm", "--form", "thresholds"],
    "baseline": ["--preset", "spike-norm", "--balance", "activations"],
    "factor": ["--compensation", "1.05"],
}


@pytest.mark.parametrize("method", METHODS)
def test_json_says_all_that_was_found(method, convert, tmp_path) -> None:
    # parity is the same for all
    told = convert(*METHODS[method], "--json", *(() if method == "factor" else ("--no-verify",)))
    assert told.code == 0, told.err
    made = told.json
    jsonschema.validate(made, json.loads(SCHEMA.read_text(encoding="utf-8")))
    options = container.read(tmp_path / "n.snn", "snnconv.snn", 1)[0]["provenance"]["options"]
    found = made["found"]
    assert made["options"].items() <= options.items()
    more = {key: value for key, value in options.items() if key not in made["options"]}
    if method in ("search", "agreement"):
        factors = [trial["factor"] for trial in found["trials"]]
        assert factors[0] == 1.0
        assert len(set(factors)) == len(factors) >= 2
        assert all(1 < factor < found["tau_max"] for factor in factors[1:])
        assert (found["kind"], found["images"], found["steps"]) == ("search", 2, 12)
        assert found["factor"] in factors
        assert more == {"factor": found["factor"]}
    elif method == "layerwise":
        assert all("1" in layer["tried"] for layer in found["layers"])
        assert more == {"factors": {e["layer"]: e["factor"] for e in found["layers"] if e["factor"] != 1.0}}
    elif method == "factor":
        assert (found, more, made["options"]["compensation"]) == (None, {}, 1.05)
    else:
        assert found["images"] == (2 if method == "balance" else 0)
        assert more == {"thresholds": {layer["layer"]: layer["threshold"] for layer in found["layers"]}}
        assert made["options"]["reset"] == "zero"
        assert made["options"]["steps"] == 12


@pytest.mark.parametrize("method", ["search", "layerwise", "baseline"])
def test_the_table_says_what_json_says(method, convert) -> None:
    made = convert(*METHODS[method], "--no-verify", "--json").json["found"]
    shown = convert(*METHODS[method], "--no-verify")
    assert shown.code == 0, shown.err
    if method == "search":
        for trial in made["trials"]:
            row = [f"{trial['factor']:g}", f"{trial['error']:.6f}", f"{trial['absolute_error']:.6f}"]
            assert [*row, f"{100 * trial['agreement']:.2f}"] in [line.split() for line in shown.out.splitlines()]
        assert f"ζ = {made['factor']:g}" in shown.out
    elif method == "layerwise":
        assert f"{made['before']['absolute_error']:.6f} -> {made['after']['absolute_error']:.6f}" in shown.out
    else:
        met = made["constraints"]
        assert "bias-free: no" in " ".join(shown.out.split())
        assert not met["bias_free"]


@pytest.mark.parametrize(
    ("options", "title"),
    [
        ([], "thresholds from spikes, 2 images, 12 steps"),
        (["--balance", "activations"], "thresholds from the calibration's largest activations"),
        (
            ["--balance", "activations", "--percentile", 99.9],
            "thresholds from the calibration's activations, percentile 99.9",
        ),
    ],
)
def test_the_table_of_thresholds_says_what_they_are_from(options, title, convert) -> None:
    shown = convert("--preset", "spike-norm", *options, "--no-verify").out
    assert shown.splitlines()[0].rstrip() == title


def test_training_images_are_asked_for(convert, tmp_path) -> None:
    one_line(
        convert(data=None, count=None), 3,
        "--compensation search tries factors on training images; give some with --data, or --compensation none",
    )  # fmt: skip
    one_line(convert("--preset", "spike-norm", data=None, count=None), 3, "give them with --data")
    assert not (tmp_path / "n.snn").exists()


def test_samples_without_data(convert) -> None:
    one_line(convert("--compensation", "none", data=None), 2, "--samples counts images of --data; give --data")


@pytest.mark.parametrize("layout", ["nhwc", "nchw"])
def test_layout_without_data(convert, layout) -> None:
    found = convert("--compensation", "none", "--layout", layout, data=None, count=None)
    one_line(found, 2, "--layout is the order of axes of --data; give --data, or leave --layout out")


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "often", ""])
def test_a_compensation_that_is_none(convert, text) -> None:
    one_line(convert(f"--compensation={text}"), 2, f"--compensation {text}: give search, layerwise, none, or a factor")


def test_a_search_for_balanced_thresholds(convert, tmp_path) -> None:
    told = convert("--preset", "spike-norm", "--compensation", "search")
    assert told.code == 2
    assert "--compensation search is searched with --preset paper only" in told.err
    assert not (tmp_path / "n.snn").exists()


def test_too_few_images(convert, tmp_path) -> None:
    one_line(convert(count=1348), 3, "has 1347 images, 1348 were asked for; ask for fewer (--samples)")


def test_another_kind_of_data_than_was_calibrated(convert, tmp_path) -> None:
    np.save(tmp_path / "float.npy", np.zeros((4, 1, 8, 8), np.float32))
    one_line(convert(data=tmp_path / "float.npy"), 3, "the data is float32, the calibration was made with uint8")


def test_the_seed_draws_the_poisson_trains(convert) -> None:
    options = ["--preset", "spike-norm", "--no-verify", "--json"]
    found = [convert(*options, "--seed", seed).json["found"] for seed in (0, 0, 1)]
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_the_same_inputs_give_the_same_bytes(convert, tmp_path) -> None:
    for number in (1, 2):
        assert convert("--no-verify", name=f"{number}.snn").code == 0
    assert (tmp_path / "1.snn").read_bytes() == (tmp_path / "2.snn").read_bytes()


def test_a_file_that_is_there_stays_after_an_error(convert, made, tmp_path) -> None:
    before = (made / "digits.snn").read_bytes()
    (tmp_path / "n.snn").write_bytes(before)
    one_line(convert(count=1348), 3, "1348 were asked for")
    assert convert("--compensation", "often").code == 2
    assert (tmp_path / "n.snn").read_bytes() == before


def test_fewer_images_than_usual_are_taken_as_they_are(convert, samples, tmp_path) -> None:
    """Nobody asked for 64; with --samples it is what was asked for that counts."""
    with np.load(samples / "digits_calibration.npz") as data:
        np.savez(tmp_path / "few.npz", x=data["x"][:5], y=data["y"][:5])
    found = convert("--json", data=tmp_path / "few.npz", count=None)
    assert (found.code, found.json["found"]["images"], found.json["parity"]["images"]) == (0, 5, 5)
    assert found.err == "few.npz has 5 images, and the method looks at these; by default it looks at 64\n"
    quiet = convert("--json", "--no-verify", data=tmp_path / "few.npz", count=4)
    assert (quiet.code, quiet.json["found"]["images"], quiet.err) == (0, 4, "")
    one_line(convert(data=tmp_path / "few.npz", count=6), 3, "has 5 images, 6 were asked for")


def test_one_image_is_enough_for_the_check(convert, samples, tmp_path) -> None:
    with np.load(samples / "digits_calibration.npz") as data:
        np.save(tmp_path / "one.npy", data["x"][:1])
    found = convert("--compensation", "none", "--json", data=tmp_path / "one.npy", count=None)
    assert (found.code, found.err) == (0, "")
    assert found.json["parity"]["images"] == 1
