"""The command line in this process, and what may come out of it: a result, or one line and exit code 3."""

import json
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from snnconv.cli.app import app

BAD_INPUT = 3


@dataclass(frozen=True)
class Done:
    """A command that ended.

    Attributes
    ----------
    refused : str or None
        The line of one that refused its input.
    out : str
        What it printed.
    fault : str or None
        Why neither a result nor a refusal came out.
    """

    refused: str | None
    out: str
    fault: str | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*arguments: object) -> Done:
    """Run a command line quietly."""
    line = [*map(str, arguments), "-q"]
    result = CliRunner().invoke(app, line)
    error = result.exception
    if error is not None and not isinstance(error, SystemExit):
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        said = " ".join(str(error).split())[:300]
        return Done(None, "", f"{line[0]}: {type(error).__name__} at {where}: {said}")
    if result.exit_code == 0:
        return Done(None, result.stdout)
    text = result.stderr.rstrip("\n")
    if result.exit_code != BAD_INPUT or not text.startswith("snnconv: ") or not text.isprintable():
        return Done(None, "", f"{line[0]}: exit code {result.exit_code}: {text!r}")
    return Done(text.removeprefix("snnconv: "), "")
