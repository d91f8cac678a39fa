"""``snnconv diagnose`` on the sample model."""

import re
from pathlib import Path

import pytest


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
    rows = [line.split() for line in lines if re.match(r" ?\d+ ", line)]
    assert len(rows) == len(made["layers"]) == 15
    for row, layer in zip(rows, made["layers"], strict=True):
        numbers = [f"{layer['mean_rate']:.3f}", f"{layer['highest_rate']:.3f}"]
        numbers += [
            f"{layer['error']:+.4f}",
            f"{layer['absolute_error']:.4f}",
            f"{layer['most_active_error']:+.4f}",
            f"{layer['local_error']:+.4f}",
        ]
        assert row == [str(layer["depth"]), layer["name"], *numbers]
    growth = made["growth"]
    assert f"{growth['p']:.6f} · {growth['q']:.4f}^l (adjusted R² {growth['adjusted_r2']:.4f})" in shown.out
    assert f"τ_max {made['tau_max']:.3f}" in shown.out
    assert f"mean error {made['error']:+.5f}, |error| {made['absolute_error']:.5f}" in shown.out
    assert f"agreement with the ONNX model {100 * made['agreement']:.2f} %" in shown.out


def test_the_table_fits_80_columns(snnconv, arguments) -> None:
    """Rows of a table are as wide as its columns: the layers' names here are those of real exports."""
    lines = snnconv(*arguments).out.splitlines()
    rows = [line.rstrip() for line in lines if re.match(r" ?\d+ ", line)]
    longest = max(len(line.split()[1]) for line in rows)
    # a name of up to 23 characters leaves room for all numbers
    assert max(map(len, rows)) - longest + 23 <= 80


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
