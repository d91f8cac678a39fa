"""The command line in this process, on the sample model."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from snnconv.cli.app import app

SAMPLES = Path(__file__).parents[2] / "sample_models"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture(scope="session")
def snnconv() -> Callable[..., Outcome]:
    """Run a command line and give exit code, stdout and stderr; an unexpected exception is raised."""

    def run(*arguments: object) -> Outcome:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=True)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session")
def made(snnconv, tmp_path_factory) -> Path:
    """A folder with digits.calib, digits.snn (paper) and current.snn."""
    folder = tmp_path_factory.mktemp("made")
    model = SAMPLES / "digits_resnet.onnx"
    calibration = folder / "digits.calib"
    options = ["--scale", 16, "--mean", "0.5", "--std", "0.5", "--samples", 400]
    assert (
        snnconv("calibrate", model, "--data", SAMPLES / "digits_calibration.npz", *options, "-o", calibration).code == 0
    )
    for name, readout in (("digits", "spikes"), ("current", "current")):
        out = folder / f"{name}.snn"
        done = snnconv(
            "convert",
            model,
            "--calibration",
            calibration,
            "--readout",
            readout,
            "--steps",
            64,
            "--compensation",
            "none",
            "-o",
            out,
        )
        assert done.code == 0
    return folder


@pytest.fixture(scope="session")
def samples() -> Path:
    return SAMPLES
