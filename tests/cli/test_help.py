"""Help: every command has it, with an example; start-up is light."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from snnconv.cli.app import app

DOCS = Path(__file__).parents[2] / "docs" / "commands.md"
COMMANDS = ["check", "calibrate", "convert", "simulate", "report", "diagnose", "inspect"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command, snnconv) -> None:
    found = snnconv(command, "--help")
    assert found.code == 0
    assert f"Example: snnconv {command} " in " ".join(found.out.split())
    for option in ("--json", "--quiet", "--verbose", "--log-file", "--threads", "--seed"):
        assert option in found.out


def options(command) -> dict[str, str | None]:
    """Give what help puts behind each option, None for one that takes nothing."""
    parameters = typer.main.get_command(app).commands[command].params
    return {p.opts[-1]: None if p.is_flag else p.metavar or "" for p in parameters if p.param_type_name == "option"}


def documented(title: str) -> dict[str, str]:
    """Give the options in the table under a title of docs/commands.md, and what is behind them."""
    section = re.split(r"^## ", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (text,) = [part for part in section if part.startswith(f"{title}\n")]
    cells = [line.replace(r"\|", "¦").split("|")[1] for line in text.splitlines() if line.startswith("| `-")]
    found = [span.replace("¦", "|") for cell in cells for span in re.findall("`(--[^`]+)`", cell)]
    return {span.split()[0].split("/")[0]: span.partition(" ")[2] for span in found}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_is_to_be_given_and_no_type(command, snnconv) -> None:
    assert not re.findall("<[A-Za-z][^>]*>", snnconv(command, "--help").out)
    assert all(name is None or name for name in options(command).values())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_documentation_has_the_same_options(command) -> None:
    given = options(command)
    found = documented("Options of every command") | documented(command)
    assert set(found) - {"--help"} == set(given)
    for name, behind in found.items():
        # an option may refer to where it is explained
        assert behind in ("", given.get(name)), name


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


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "snnconv", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == "snnconv 0.1.0\n"
