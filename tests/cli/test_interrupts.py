"""Ctrl-C and SIGTERM at fixed places: 130 or 143, and one line. Random moments are in tests/fuzz/interrupts.py."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

AT_IMPORT = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            {deed}
sys.meta_path.insert(0, Finder())
"""
WHILE_IT_WORKS = """
import os, signal, sys
import snnconv.commands.inspect as commands
def inspect(path):
    {deed}
commands.inspect = inspect
"""
SEND = "signal.raise_signal(signal.{name})"


def ended(before: str, *words: str) -> tuple[int, str, str]:
    """Run a command line after some code, in a process of its own, and give exit code, stdout and stderr."""
    code = f"{before}\nfrom snnconv.cli import main\nmain()\n"
    # a child inherits that a signal is ignored, as it is for a job in the background, and no handler
    found = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        signal.signal(signal.SIGINT, found)
    return done.returncode, done.stdout, done.stderr


SIGNALS = [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")]


@pytest.mark.parametrize(
    ("name", "code", "word", "module", "words"),
    [
        (*SIGNALS[0], "typer", ["--version"]),
        (*SIGNALS[1], "snnconv.cli.inspect", ["--help"]),
        # while a command works: what it needs is loaded in its function
        (*SIGNALS[0], "numpy", ["inspect", "no.snn"]),
        # in the middle of a module in C, which would abort
        (*SIGNALS[1], "onnx.onnx_cpp2py_export", ["check", "no.onnx"]),
    ],
)
def test_while_modules_are_loaded(name, code, word, module, words) -> None:
    found = ended(AT_IMPORT.format(module=module, deed=SEND.format(name=name)), *words)
    left = "nothing was written" if words[0].startswith("-") else "stopped at once"
    assert found == (code, "", f"snnconv: {word}; {left}\n")


def test_an_error_that_comes_of_it_is_an_interruption() -> None:
    """As a library may turn every error into one of its own."""
    deed = "\n    ".join(
        ["try:", "    " + SEND.format(name="SIGINT"), "except BaseException:", "    raise ImportError('numpy')"]
    )
    found = ended(WHILE_IT_WORKS.format(deed=deed), "inspect", "x")
    assert found == (130, "", "snnconv: interrupted; nothing was written\n")


@pytest.mark.parametrize(("second", "code", "word"), SIGNALS)
def test_a_second_one_ends_at_once(second, code, word) -> None:
    deed = "\n    ".join(
        ["try:", "    " + SEND.format(name="SIGINT"), "finally:", "    " + SEND.format(name=second), "    print('on')"]
    )
    assert ended(WHILE_IT_WORKS.format(deed=deed), "inspect", "x") == (code, "", f"snnconv: {word}; stopped at once\n")


def test_where_python_would_go_on_it_ends_at_once() -> None:
    """An exception in a destructor is printed and forgotten."""
    deed = "\n    ".join(
        ["class Odd:", "    def __del__(self): " + SEND.format(name="SIGINT"), "odd = Odd()", "del odd", "print('on')"]
    )
    assert ended(WHILE_IT_WORKS.format(deed=deed), "inspect", "x") == (
        130,
        "",
        "snnconv: interrupted; stopped at once\n",
    )


def test_another_error_in_a_destructor_is_shown_as_ever() -> None:
    deed = "\n    ".join(
        ["class Odd:", "    def __del__(self): raise ValueError('odd')", "odd = Odd()", "del odd", "sys.exit(7)"]
    )
    code, _, err = ended(WHILE_IT_WORKS.format(deed=deed), "inspect", "x")
    assert code == 7
    assert "ValueError: odd" in err


def test_after_the_last_line_it_ends_without_a_word() -> None:
    before = "import atexit, signal\natexit.register(signal.raise_signal, signal.SIGINT)\n"
    assert ended(before, "--version") == (130, "snnconv 0.1.0\n", "")


def test_a_signal_that_is_ignored_stays_so() -> None:
    """As of a job in the background."""
    before = AT_IMPORT.format(module="typer", deed=SEND.format(name="SIGINT"))
    before += "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    assert ended(before, "--version") == (0, "snnconv 0.1.0\n", "")


def test_little_is_loaded_before_the_handlers_stand() -> None:
    """Of the time before, only Python's own is left."""
    code = "import sys; before = set(sys.modules); import snnconv.cli; print(*sorted(set(sys.modules) - before))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=root)
    loaded = done.stdout.split()
    assert "snnconv.cli.interrupts" in loaded
    assert not {"typing", "logging", "typer", "inspect", "json"} & set(loaded)
