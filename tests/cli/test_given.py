"""Habits at a prompt: one line that says what to type instead, or what was meant is done."""

from pathlib import Path

import numpy as np
import pytest

from snnconv.cli.given import at_home, value_of
from snnconv.data import Geometry, open_images
from snnconv.data.preprocessing import make_preprocessing


def one_line(found, code: int, said: str) -> None:
    assert (found.code, found.out, found.err) == (code, "", f"snnconv: {said}\n")


@pytest.mark.parametrize(
    ("numbers", "apart"),
    [(["0.5", "0.4", "0.3"], "0.4 0.3"), (["0.485,", "0.456,", ".4"], "0.456, .4"), (["0.5", "-1e-3"], "-1e-3")],
)
def test_numbers_apart_are_not_taken_for_files(numbers, apart, snnconv) -> None:
    words = ["m.onnx", "--data", "d.npz", "-o", "x.calib"]
    said = f"{apart} would be read as names of files; join the numbers of one option by commas without blanks, "
    for line in (["calibrate", *words, "--mean", *numbers], ["calibrate", "--mean", *numbers, *words]):
        if "-1e-3" not in numbers:
            one_line(snnconv(*line), 2, said + "as in --mean 0.5,0.4,0.3")
    assert snnconv("calibrate", *words, "--mean", *numbers).code == 2


def test_a_file_that_is_called_like_a_number_is_one(snnconv, samples, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("12").write_bytes((samples / "digits_resnet.onnx").read_bytes())
    data = ["--data", samples / "digits_test.npz", "--samples", 4, "-o", "x.calib"]
    assert snnconv("calibrate", "12", *data).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        # what Typer says alone depends on its version; these are ours
        (["convert", "--steps", "1e3"], "--steps 1e3: a whole number is expected, in digits"),
        (["convert", "--steps=-3"], "--steps -3: a number of at least 1 is expected"),
        (["convert", "--percentile", "99.9%"], "--percentile 99.9%: a number is expected, such as 0.5"),
        (["inspect", "x", "--threads", "1000000"], "--threads 1000000: a number of at most 1024 is expected"),
        (["inspect", "x", "--thread", "1"], "no such option: --thread"),
        (["inspect"], "missing argument 'FILE|RUN/'; see snnconv inspect --help"),
        (["convrt"], "no such command 'convrt'"),
        (["inspect", "-"], "- stands for no file here, nothing is read from stdin or written to stdout by name;"),
        (["inspect", ""], "an argument is empty, as that of a variable that is not set; name what it stands for"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_line(words, said, snnconv) -> None:
    found = snnconv(*words)
    assert (found.code, found.out, found.err.count("\n")) == (2, "", 1)
    assert found.err.startswith(f"snnconv: {said}")


def test_names_are_taken_in_capitals(snnconv, samples, made, tmp_path) -> None:
    model = samples / "digits_resnet.onnx"
    assert snnconv("check", model, "--readout", "CURRENT", "-q").code == 0
    given = ["--calibration", made / "digits.calib", "--no-verify", "-o", tmp_path / "n.snn"]
    found = snnconv("convert", model, *given, "--compensation", "None", "--preset", "Paper", "--json")
    assert (found.code, found.json["options"]["compensation"]) == (0, "none")


def test_a_share_of_one_is_noticed(snnconv, samples, made, tmp_path) -> None:
    found = snnconv(
        *("convert", samples / "digits_resnet.onnx", "--calibration", made / "digits.calib", "-o", tmp_path / "n.snn"),
        *("--compensation", "none", "--no-verify", "--percentile", 0.999),
    )
    assert found.code == 0
    assert found.err.startswith("warning: --percentile 0.999 is one of 100, 99.9 may be meant\n")


def test_home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert at_home(Path("~/x.calib")) == tmp_path / "x.calib"
    assert at_home([Path("~"), Path("a/~")]) == [tmp_path, Path("a/~")]
    assert at_home(Path("~nobody.of.this.name/x")) == Path("~nobody.of.this.name/x")
    Path("~").mkdir()
    assert at_home(Path("~/x.calib")) == Path("~/x.calib")
    assert at_home("~/x.calib") == "~/x.calib"


def test_what_was_given_behind_an_option() -> None:
    words = ["convert", "--steps", "1", "-o", "x", "--steps=2"]
    assert value_of(["--steps"], words) == "2"
    assert value_of(["-o", "--out"], words) == "x"
    assert value_of(["--seed"], words) is None
    assert value_of(["--steps"], ["--steps"]) is None


def test_mean_is_in_the_order_of_the_models_channels(snnconv, tmp_path) -> None:
    """As help says: with bgr, blue comes first."""
    np.save(tmp_path / "x.npy", np.full((1, 2, 2, 3), [10, 20, 30], np.uint8))
    geometry = Geometry(channels="bgr")
    images = open_images(tmp_path / "x.npy", input_shape=(3, 2, 2), geometry=geometry)
    preprocessing = make_preprocessing("uint8", (3, 2, 2), scale=1, mean="30,20,10", geometry=geometry)
    (batch,) = images.batches(1)
    assert not preprocessing.apply(batch.images).any()
    text = " ".join(snnconv("calibrate", "--help").out.split())
    assert "in the order of the model's channels" in text
    assert "Channel order that the model takes, and that --mean and --std are given in." in text


def test_a_name_that_is_no_text_is_printed_as_json(snnconv, samples, tmp_path) -> None:
    out = Path(f"{tmp_path}/a\udcff.calib")
    data = ["--data", samples / "digits_test.npz", "--samples", 4]
    found = snnconv("calibrate", samples / "digits_resnet.onnx", *data, "-o", out, "--json")
    assert (found.code, found.json["file"]) == (0, "a\\udcff.calib")
