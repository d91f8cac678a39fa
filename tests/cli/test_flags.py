"""Options that were not given are not passed on: what a preset sets comes through both doors."""

import re
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, TypedDict, get_type_hints

import pytest
import typer

from snnconv.choices import (
    Balance,
    Compensation,
    Encoding,
    Form,
    Granularity,
    MaxPooling,
    Objective,
    Preset,
    ReadoutMode,
    Reset,
    Shortcut,
    Units,
)
from snnconv.cli.calibrate import GeometryFlags, PreprocessingFlags, ReadingFlags
from snnconv.cli.conversion_flags import ConversionFlags, NetworkFlags
from snnconv.cli.diagnose import DiagnoseFlags
from snnconv.cli.flags import Shown, expanded, gathered
from snnconv.cli.simulate import SimulateFlags
from snnconv.commands.calibrate import PreprocessingOptions, calibrate
from snnconv.commands.convert import convert
from snnconv.commands.diagnose_options import SAMPLES, DiagnoseOptions
from snnconv.commands.simulate_options import SimulateOptions
from snnconv.conversion import options as conversion_options
from snnconv.conversion.options import ConversionOptions
from snnconv.data import Geometry
from snnconv.diagnosis import command_lines
from snnconv.files import container

OTHERS = {
    "percentile": 97.0,
    "nonzero": True,
    "granularity": Granularity.CHANNEL,
    "initial_potential": 0.5,
    "reset": Reset.ZERO,
    "encoding": Encoding.POISSON,
    "shortcut": Shortcut.UNNORMALISED,
    "max_pooling": MaxPooling.CURRENT,
    "readout": ReadoutMode.CURRENT,
    "steps": 12,
    "compensation": Compensation.SEARCH,
    "objective": Objective.AGREEMENT,
    "compensate_biases": True,
    "form": Form.THRESHOLDS,
    "balance": Balance.ACTIVATIONS,
    "units": Units.BALANCED,
}
"""A preset none of whose values is the model's default, but for the compensation, which the next one has."""


@pytest.fixture(params=[{}, {"compensation": 1.25, "objective": Objective.ERROR}], ids=["search", "factor"])
def preset(request, monkeypatch) -> dict[str, object]:
    """Give the paper's preset other values than every default."""
    own = {**OTHERS, **request.param}
    monkeypatch.setattr(conversion_options, "PRESETS", {Preset.PAPER: own})
    return own


def recorded(path: Path) -> dict[str, object]:
    return container.read(path, "snnconv.snn", 1)[0]["provenance"]["options"]


def test_a_preset_sets_the_same_through_both_doors(preset, snnconv, made, samples, tmp_path) -> None:
    usual = {name: field.default for name, field in ConversionOptions.model_fields.items()}
    assert {name for name in OTHERS if preset[name] != usual[name]} >= set(OTHERS) - {"compensation", "objective"}
    model, calibration = samples / "digits_resnet.onnx", made / "digits.calib"
    data = samples / "digits_calibration.npz"
    convert(model, calibration, tmp_path / "library.snn", data=data, samples=2, verify=False)
    found = snnconv(
        *("convert", model, "--calibration", calibration, "-o", tmp_path / "command.snn"),
        *("--data", data, "--samples", 2, "--no-verify"),
    )
    assert found.code == 0, found.err
    options = recorded(tmp_path / "library.snn")
    assert options == recorded(tmp_path / "command.snn")
    assert {name: options[name] for name in preset} == preset
    assert (tmp_path / "library.snn").read_bytes() == (tmp_path / "command.snn").read_bytes()


def test_what_is_given_goes_before_the_preset(preset, snnconv, made, samples, tmp_path) -> None:
    out = tmp_path / "n.snn"
    given = {"initial_potential": 0.0, "readout": "spikes", "compensation": "none", "objective": "error"}
    words = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
    found = snnconv(
        *("convert", samples / "digits_resnet.onnx", "--calibration", made / "digits.calib", "-o", out),
        *(*words, "--no-nonzero", "--no-compensate-biases", "--no-verify"),
    )
    assert found.code == 0, found.err
    expected = {**preset, **given, "nonzero": False, "compensate_biases": False}
    assert {name: recorded(out)[name] for name in expected} == expected


def test_a_recommended_command_turns_off_what_the_preset_turns_on(preset) -> None:
    options = ConversionOptions(nonzero=False, initial_potential=0.0)
    assert command_lines._options(options) == ["--no-nonzero", "--initial-potential", "0"]


@pytest.mark.parametrize(
    ("flags", "model", "elsewhere"),
    [
        (ConversionFlags, ConversionOptions, set()),
        (GeometryFlags, Geometry, set()),
        (PreprocessingFlags, PreprocessingOptions, {"geometry"}),
        (DiagnoseFlags, DiagnoseOptions, {"threads", "seed", "memory_limit"}),
        (SimulateFlags, SimulateOptions, {"threads", "seed", "memory_limit", "overwrite", "command_line"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_field_of_an_options_model_is_an_option(flags, model, elsewhere) -> None:
    assert set(get_type_hints(flags)) == set(model.model_fields) - elsewhere


def test_other_flags_are_what_they_are_passed_to() -> None:
    assert set(get_type_hints(ReadingFlags)) <= set(signature(calibrate).parameters)
    assert set(get_type_hints(NetworkFlags)) <= set(ConversionOptions.model_fields)


def shown(snnconv, command: str) -> str:
    return re.sub(r"-\s+", "-", " ".join(snnconv(command, "--help").out.split()))


def test_help_shows_the_defaults_of_the_model_and_of_presets(snnconv) -> None:
    text = shown(snnconv, "convert")
    for part in (
        "[default: 350; spike-norm: 2500; x>=1]",
        "[default: 99.9; spike-norm: 100]",
        "[default: layer]",
        "[default: search; spike-norm: none]",
        "--nonzero / --no-nonzero Take the percentile over non-zero activations only. --gran",
    ):
        assert part in text
    assert "[default: 0.01]" in shown(snnconv, "diagnose")
    assert "[default: 16; x>=0]" in shown(snnconv, "simulate")
    assert "[default: bilinear]" in shown(snnconv, "calibrate")


def test_help_changes_no_default(snnconv, made, samples, tmp_path) -> None:
    """It shows 99.9; a command that runs afterwards must not take this as given."""
    snnconv("convert", "--help")
    out = tmp_path / "n.snn"
    found = snnconv(
        *("convert", samples / "digits_resnet.onnx", "--calibration", made / "digits.calib", "-o", out),
        *("--preset", "spike-norm", "--balance", "activations", "--no-verify"),
    )
    assert found.code == 0, found.err
    assert recorded(out)["percentile"] == 100


def test_help_tells_defaults_that_no_model_has(snnconv) -> None:
    assert f"{signature(calibrate).parameters['batch_size'].default} by default" in shown(snnconv, "calibrate")
    assert f"Use the first N images; {SAMPLES} by default" in shown(snnconv, "diagnose")


def test_only_what_was_given_is_gathered() -> None:
    class Some(TypedDict, total=False):
        number: Annotated[int, typer.Option("--number")]
        switch: Annotated[bool, typer.Option("--switch/--no-switch")]

    taken = [
        Parameter("some", Parameter.KEYWORD_ONLY, annotation=Annotated[Some, Shown("a:b")]),
        Parameter("other", Parameter.KEYWORD_ONLY, annotation=Annotated[int, typer.Option()] | None, default=None),
    ]
    options = expanded(taken)
    assert [(option.name, option.default) for option in options] == [
        ("number", None),
        ("switch", None),
        ("other", None),
    ]
    assert options[2].annotation.__origin__ == int | None
    assert gathered(taken, {"number": None, "switch": False, "other": 3}) == {"some": {"switch": False}, "other": 3}
