"""Help: every command has it, with an example; start-up is light."""

import subprocess
import sys

import pytest

COMMANDS = ["check", "calibrate", "convert", "simulate", "report", "diagnose", "inspect"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command, snnconv) -> None:
    found = snnconv(command, "--help")
    assert found.code == 0
    assert f"Example: snnconv {command} " in " ".join(found.out.split())
    for option in ("--json", "--quiet", "--verbose", "--log-file", "--threads", "--seed"):
        assert option in found.out


def test_the_commands_are_these(snnconv) -> None:
    lines = snnconv("--help").out.split("Commands:")[1].splitlines()
    assert [line.split()[0] for line in lines if line.strip()] == COMMANDS


def test_the_version(snnconv) -> None:
    assert snnconv("--version").out == "snnconv 0.1.0\n"


def test_help_imports_nothing_heavy() -> None:
    """What makes `snnconv --help` fast: no NumPy, onnx, onnxruntime, pydantic or rich before a command runs."""
    code = (
        "import sys; from snnconv.cli.app import app\n"
        "print([m for m in ('numpy', 'onnx', 'onnxruntime', 'pydantic', 'PIL', 'safetensors') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_wrong_option_is_wrong_usage(snnconv) -> None:
    found = snnconv("convert", "m.onnx", "--calibration", "c.calib", "-o", "n.snn", "--readout", "loud")
    assert found.code == 2
    assert "'loud'" in found.err


@pytest.mark.parametrize("command", COMMANDS)
def test_quiet_and_verbose_contradict_each_other(command, snnconv, tmp_path) -> None:
    required = {
        "convert": ["--calibration", "c.calib", "-o", tmp_path / "n.snn"],
        "simulate": ["--data", "d.npz", "-o", tmp_path / "run"],
        "diagnose": ["--reference", "m.onnx", "--data", "d.npz"],
    }
    found = snnconv(command, "no file", *required.get(command, ()), "-q", "-v")
    said = "snnconv: --quiet and --verbose contradict each other; give one of the two\n"
    assert (found.code, found.out, found.err) == (2, "", said)
