"""Stdout and stderr that take nothing, or not every character."""

import errno
import io
import json
import os
import subprocess
import sys

import pytest
import typer

from snnconv.cli import streams
from snnconv.cli.app import app
from snnconv.cli.characters import fitted
from snnconv.cli.terminal import Terminal, harmless_json
from tests.reporting.conftest import write_run

COMMAND = (sys.executable, "-c", "from snnconv.cli import main; main()")


class Refusing(io.RawIOBase):
    """A stream that takes nothing."""

    def __init__(self, number: int) -> None:
        self.number = number

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        raise OSError(self.number, os.strerror(self.number))


def refusing(number: int) -> io.TextIOWrapper:
    # one that is collected tries to write once more
    stream = io.TextIOWrapper(io.BufferedWriter(Refusing(number)), encoding="utf-8")
    KEPT.append(stream)
    return stream


KEPT: list[io.TextIOWrapper] = []


@pytest.fixture
def ended(monkeypatch):
    """Run a command line with other streams; give the exit code and what was written to them."""

    def run(*words: object, out: object = None, err: object = None) -> tuple[object, str, str]:
        spoken = io.StringIO() if err is None else err
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", spoken)
        with pytest.raises(SystemExit) as found:
            typer.main.get_command(app).main([str(word) for word in words], prog_name="snnconv")
        texts = [stream.getvalue() if isinstance(stream, io.StringIO) else "" for stream in (out, spoken)]
        return found.value.code, *texts

    return run


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run") / "run")


@pytest.fixture
def lines(run_folder, samples) -> list[list[object]]:
    """Command lines that write to stdout."""
    model = samples / "digits_resnet.onnx"
    lines: list[list[object]] = [["--version"], ["--help"], ["convert", "--help"], ["check", model]]
    return [*lines, ["report", run_folder], ["report", run_folder, "--json"], ["report", run_folder, "--cite"]]


def test_a_full_stdout(ended, lines) -> None:
    said = f"snnconv: cannot write to stdout: {os.strerror(errno.ENOSPC)}\n"
    for words in lines:
        assert ended(*words, out=refusing(errno.ENOSPC)) == (5, "", said)


def test_a_closed_stdout(ended, lines) -> None:
    for words in lines:
        assert ended(*words, out=None) == (5, "", "snnconv: cannot write to stdout: it is closed\n")


def test_a_reader_that_went_away(ended, lines) -> None:
    for words in lines:
        assert ended(*words, out=refusing(errno.EPIPE)) == (0, "", "")


def test_another_error_goes_before_that_of_stdout(ended, run_folder) -> None:
    code, _, err = ended("report", run_folder, "--max-drop", 1, out=refusing(errno.ENOSPC))
    assert (code, err.count("\n")) == (4, 1)
    assert "is above 1" in err
    assert ended("inspect", "no file", out=refusing(errno.ENOSPC)) == (3, "", "snnconv: no file does not exist\n")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EPIPE])
def test_what_is_told_may_be_lost(number, ended, run_folder, tmp_path) -> None:
    """The exit code is as ever, and so is the result."""
    expected = ended("report", run_folder, out=io.StringIO())
    page = tmp_path / "page.html"
    assert ended("report", run_folder, "--html", page, out=io.StringIO(), err=refusing(number))[0] == 0
    assert page.exists()
    assert ended("report", run_folder, out=io.StringIO(), err=refusing(number))[:2] == expected[:2]
    assert ended("inspect", "no file", out=io.StringIO(), err=refusing(number)) == (3, "", "")
    assert ended(out=io.StringIO(), err=refusing(number)) == (2, "", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110
@pytest.mark.parametrize("closed", [True, False])
def test_python_has_nothing_to_add_at_its_end(closed, tmp_path) -> None:
    """It flushes once more, and would exit with 120."""
    inner = "exec 1>&-" if closed else "exec 1>/dev/full 2>/dev/full"
    code = ["sh", "-c", f'{inner}; exec "$@"', "sh", *COMMAND, "--version"]
    done = subprocess.run(code, stderr=subprocess.PIPE, text=True, check=False)
    said = "snnconv: cannot write to stdout: it is closed\n" if closed else ""
    assert (done.returncode, done.stderr) == (5, said)


def test_no_file_takes_the_place_of_a_closed_stream() -> None:
    """What C code writes to stderr would stand in it."""
    code = "import os; from snnconv.cli import streams; streams.prepare(); print(os.open('/', os.O_RDONLY))"
    done = subprocess.run(
        ["sh", "-c", 'exec 0<&- 2>&-; exec "$@"', "sh", sys.executable, "-c", code], capture_output=True, check=True
    )
    assert int(done.stdout) > 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_characters_fit_the_encoding(encoding, ended, lines) -> None:
    for words in lines:
        raw = io.BytesIO()
        code, _, err = ended(*words, out=io.TextIOWrapper(raw, encoding=encoding))
        assert (code, err) == (0, ""), words
        text = raw.getvalue().decode(encoding)
        assert "\\u" not in text
        if "--json" in words:
            json.loads(text)


def test_an_error_fits_it_too(ended) -> None:
    raw = io.BytesIO()
    err = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    assert ended("report", out=io.StringIO(), err=err)[0] == 2
    assert raw.getvalue() == b"snnconv: missing argument 'RUN/...'; see snnconv report --help\n"
    raw.seek(0)
    ended("inspect", "网络.snn", out=io.StringIO(), err=err)
    assert raw.getvalue().startswith(b"snnconv: \\u7f51\\u7edc.snn does not exist\n")


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("−2.06–8.12 × 2⁻²⁴", "ascii", "-2.06-8.12 x 2^-24"),
        ("−2.06–8.12 × µ", "latin-1", "-2.06-8.12 × µ"),
        ("−2.06–8.12…", "cp1252", "-2.06–8.12…"),
        ("λ₂ ≤ ζ → ∞", "ascii", "lambda2 <= zeta -> inf"),
        ("▁▂▃▄▅▆▇█", "ascii", ".:-=+*%#"),
        ("├─┤│", "ascii", "+-+|"),
        ("Größe 网\N{GRINNING FACE}", "ascii", r"Gr\xf6\xdfe \u7f51\U0001f600"),
        ("−網", "utf-8", "−網"),
        ("−", None, "−"),
    ],
)
def test_what_stands_for_a_character(text, encoding, expected) -> None:
    assert fitted(text, encoding) == expected


def test_tables_are_laid_out_as_they_are_written(monkeypatch) -> None:
    """A character may become several."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    Terminal(json=False, quiet=False, threads=1, seed=0).table("λ…", ("ζ", "n"), [("λλ", "−1"), ("a", "22")])
    out.flush()
    lines = [line.rstrip() for line in raw.getvalue().decode().splitlines()]
    assert lines[0] == "lambda..."
    assert lines[4].index("-1") + 2 == lines[5].index("22") + 2 == len(lines[4])
    assert lines[4].split() == ["lambdalambda", "-1"]


STEERING = "a\x00\x1b\x7f\x9b\xad\u061c\u200b\u202e\u2066\u2028\ufeff\U000e0001 − é 网"


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_json_is_printed_without_what_steers_a_terminal(encoding, monkeypatch) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    Terminal(json=True, quiet=False, threads=1, seed=0).value({"name": STEERING, STEERING: ['"\\\n\t']})
    out.flush()
    text = raw.getvalue().decode(encoding)
    assert all(character == "\n" or character.isprintable() for character in text)
    assert json.loads(text) == {"name": STEERING, STEERING: ['"\\\n\t']}
    assert ("网" in text) == (encoding == "utf-8")


def test_ascii_json_is_as_it_was() -> None:
    text = json.dumps({'a\n"b\\': [1.5, None, "\x1b"]}, indent=2)
    assert harmless_json(text) == text


def test_streams_that_are_none_are_no_terminal() -> None:
    assert not streams.is_terminal(None)
