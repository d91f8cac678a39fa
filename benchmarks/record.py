"""The JSON that every command writes, and the options that every command has."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import machine

FORMAT = "snnconv.benchmark"
VERSION = 1


def parser(doc: str | None, example: str, *, work: bool = True) -> argparse.ArgumentParser:
    """Give a parser with the options of every command.

    Parameters
    ----------
    doc : str
        The command's docstring.
    example : str
        A command line, shown by ``--help``.
    work : bool
        Whether the command converts networks.
    """
    made = argparse.ArgumentParser(
        description=doc, epilog=f"example: {example}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--out", type=Path, metavar="FILE.json", help="write the result here too")
    if work:
        made.add_argument("--work", type=Path, metavar="DIR", help="keep converted networks here, and use them again")
    return made


class Record:
    """A result in the making: the machine is described before anything runs.

    Parameters
    ----------
    question : str
        The command's name; tables are made by it.
    options : Namespace
        As the user gave them.
    """

    def __init__(self, question: str, options: argparse.Namespace) -> None:
        given = {k: v for k, v in vars(options).items() if k not in ("out", "work") and v is not None}
        self._out: Path | None = options.out
        self._content: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "question": question,
            "options": {name: _plain(value) for name, value in given.items()},
            "machine": machine.describe(),
            "files": {},
        }

    def used(self, paths: Iterable[Path]) -> None:
        """Note files with their SHA-256."""
        self._content["files"] |= machine.sha256_of(paths)

    def finish(self, result: Any) -> None:
        """Print everything, and write it where ``--out`` says."""
        text = json.dumps(self._content | {"result": result}, indent=2, ensure_ascii=False)
        print(text)
        if self._out is not None:
            self._out.parent.mkdir(parents=True, exist_ok=True)
            self._out.write_text(text + "\n", encoding="utf-8")


def say(text: str) -> None:
    """Tell how far the command is, on stderr."""
    print(text, file=sys.stderr, flush=True)


def _plain(value: Any) -> Any:
    """Give what JSON can hold; of paths only the name, since where they lie is nobody's business."""
    if isinstance(value, Path):
        return value.name
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
