"""``snnconv diagnose`` on the sample model."""

import re
import shlex
from pathlib import Path

import pytest

from snnconv.cli.diagnose import _shortened, _signed


@pytest.fixture(scope="module")
def network(snnconv, samples, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("diagnosed")
    model, data = samples / "digits_resnet.onnx", samples / "digits_calibration.npz"
    options = ["--scale", 16, "--mean", "0.5", "--std", "0.5", "--samples", 200]
    assert snnconv("calibrate", model, "--data", data, *options, "-o", folder / "d.calib").code == 0
    done = snnconv(
        *("convert", model, "--calibration", folder / "d.calib", "--compensation", "none", "--no-verify"),
        *("-o", folder / "d.snn"),
    )
    assert done.code == 0, done.err
    return folder / "d.snn"


@pytest.fixture
def arguments(network, samples) -> list[object]:
    return [
        *("diagnose", network, "--reference", samples / "digits_resnet.onnx"),
        *("--data", samples / "digits_calibration.npz", "--samples", 20, "--steps", 40),
    ]


def test_the_table_says_what_json_says(snnconv, arguments, tmp_path) -> None:
    out = tmp_path / "d.json"
    told = snnconv(*arguments, "--json", "-o", out)
    assert told.code == 0
    assert told.out == out.read_text(encoding="utf-8")
    made = told.json
    assert (made["images"], made["steps"]) == (20, 40)
    shown = snnconv(*arguments)
    assert shown.code == 0
    lines = [line.rstrip() for line in shown.out.splitlines()]
    rows = [line.split() for line in lines if re.match(r" ?\d+!? ", line)]
    assert len(rows) == len(made["layers"]) == 15
    for row, layer in zip(rows, made["layers"], strict=True):
        numbers = [
            f"{layer['mean_rate']:.3f}",
            f"{layer['error']:+.4f}",
            f"{layer['absolute_error']:.4f}",
            f"{100 * layer['saturated']:.1f}",
            f"{100 * layer['silent']:.1f}",
            f"{layer['correlation']:.3f}",
        ]
        mark = "!" if layer["name"] == made["first_beyond_tolerance"] else ""
        assert [row[0], *row[2:]] == [f"{layer['depth']}{mark}", *numbers]
        assert layer["name"].endswith(row[1].removeprefix("…"))
    assert sum(row[0].endswith("!") for row in rows) == 1
    growth = made["growth"]
    assert f"{growth['p']:.4g} · {growth['q']:.4f}^l (adjusted R² {growth['adjusted_r2']:.4f})" in shown.out
    assert f"τ_max {made['tau_max']:.3f}" in shown.out
    assert f"mean error {made['error']:+.5f}, |error| {made['absolute_error']:.5f}" in shown.out
    assert f"agreement with the ONNX model {100 * made['agreement']:.2f} %" in shown.out


def test_errors_that_follow_no_growth(snnconv, arguments, monkeypatch) -> None:
    monkeypatch.setattr("snnconv.commands.diagnose.growth", lambda errors: None)
    assert "busiest neurons: no growth p·q^l fits their error\n" in snnconv(*arguments).out


def test_everything_fits_80_columns(snnconv, arguments) -> None:
    """All but the command lines, which are there to be copied; the layers' names here are those of real exports."""
    lines = snnconv(*arguments).out.splitlines()
    assert any("…/stage1_block1/relu1/Relu " in line for line in lines)
    assert max(len(line) for line in lines if not line.startswith("   $ ")) <= 80


def test_lines_break_between_the_parts_of_the_split(snnconv, network, samples) -> None:
    arguments = ["diagnose", network, "--reference", samples / "digits_resnet.onnx", "--samples", 12, "--steps", 12]
    lines = snnconv(*arguments, "--data", samples / "digits_calibration.npz").out.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("points of agreement"))
    assert [len(re.findall(r"[a-z] -?[0-9.]+(?: /)?$", line)) for line in lines[at : at + 2]] == [1, 1]
    # with labels that the model gets all right, accuracy loses what agreement loses
    assert not any("points of accuracy" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "room", "shown"),
    [
        ("/relu/Relu", 12, "/relu/Relu"),
        ("/stages/stage1_block1/relu1/Relu", 27, "…/stage1_block1/relu1/Relu"),
        ("a_layer_with_a_long_name/x", 12, "…long_name/x"),
        ("a_layer_without_any_slash", 12, "…t_any_slash"),
    ],
)
def test_names_are_cut_from_the_left(name, room, shown) -> None:
    assert _shortened(name, room) == shown
    assert len(shown) <= room


def test_a_small_error_has_no_minus() -> None:
    assert [_signed(number, 4) for number in (-0.00001, 0.00001, -0.0123)] == ["+0.0000", "+0.0000", "-0.0123"]


def test_findings_are_numbered_and_say_what_to_do(snnconv, network, samples) -> None:
    arguments = ["diagnose", network, "--reference", samples / "digits_resnet.onnx"]
    arguments += ["--data", samples / "digits_calibration.npz", "--samples", 20, "--steps", 12]
    made = snnconv(*arguments, "--json").json
    shown = snnconv(*arguments).out
    text = " ".join(shown.split())
    assert made["findings"][0]["cause"] == "too-few-steps"
    for number, finding in enumerate(made["findings"], 1):
        assert f"{number}. {finding['cause']}" in shown
        assert finding["evidence"][1:] in text
        assert f"Do: {finding['advice']}." in text
        assert finding["command"] is None or f"$ {finding['command']}" in shown
    split = {part["name"]: part["lost"] for part in made["parts"]}
    assert list(split) == ["weights", "clipping", "steps", "readout"]
    said = " / ".join(f"{name} {100 * lost:.1f}" for name, lost in split.items())
    assert f"points of agreement lost to: {said}".replace("-0.0", "0.0") in text
    assert f"of the model {100 * made['model_accuracy']:.2f} %" in text


def test_the_command_of_a_finding_runs(snnconv, network, samples, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = snnconv(
        *("diagnose", network, "--reference", samples / "digits_resnet.onnx", "--samples", 12, "--steps", 12),
        *("--data", samples / "digits_calibration.npz", "--json"),
    ).json["findings"][0]
    words = shlex.split(found["command"])
    assert words[:2] == ["snnconv", "simulate"]
    # on no more images than were diagnosed
    assert words[words.index("--limit") + 1] == "12"
    assert snnconv(*words[1:]).code == 0
    assert (tmp_path / "run-again" / "summary.json").exists()


def test_the_conversion_that_a_finding_recommends_runs(snnconv, network, samples, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    model, data, calibration = (
        samples / "digits_resnet.onnx",
        samples / "digits_test.npz",
        network.with_suffix(".calib"),
    )
    options = ["--compensation", "none", "--percentile", 80, "--steps", 40, "--no-verify", "-o", "it's low.snn"]
    assert snnconv("convert", model, "--calibration", calibration, *options).code == 0
    given = ["--reference", model, "--data", data, "--calibration", calibration, "--samples", 16, "--json"]
    first = snnconv("diagnose", "it's low.snn", *given).json
    assert first["findings"][0]["cause"] == "percentile-too-low"
    assert snnconv(*shlex.split(first["findings"][0]["command"])[1:]).code == 0
    second = snnconv("diagnose", "it's low-again.snn", *given).json
    assert second["agreement"] > first["agreement"] + 0.3


def test_a_tolerance_of_zero_ends_with_2(snnconv, arguments) -> None:
    found = snnconv(*arguments, "--tolerance", 0)
    assert found.code == 2
    assert "--tolerance 0 must be a number above 0" in found.err


def test_help_has_an_example(snnconv) -> None:
    found = snnconv("diagnose", "--help")
    assert found.code == 0
    assert "snnconv diagnose resnet.snn --reference resnet.onnx" in " ".join(found.out.split())


def test_a_wrong_reference_ends_with_3(snnconv, network, samples, tiny_resnet) -> None:
    found = snnconv(
        "diagnose", network, "--reference", tiny_resnet, "--data", samples / "digits_calibration.npz", "--samples", 2
    )
    assert found.code == 3
    assert "is not the model that the network was converted from" in found.err
    assert found.out == ""


@pytest.mark.parametrize("option", ["--reference", "--data"])
def test_what_is_required(option, snnconv, arguments) -> None:
    at = arguments.index(option)
    found = snnconv(*arguments[:at], *arguments[at + 2 :])
    assert found.code == 2
    assert option in found.err
