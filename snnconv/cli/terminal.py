"""How commands talk: data to stdout, talk and progress to stderr, names from files made harmless."""

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from snnconv.cli import streams

if TYPE_CHECKING:
    from pydantic import BaseModel

log = logging.getLogger("snnconv")
# before a command has begun its log: what is said is printed by us, not by logging
log.addHandler(logging.NullHandler())

_NOT_ASCII = re.compile(r"[^ -~\n]")


def harmless(text: str) -> str:
    """Replace control characters, which could steer a terminal, by their escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def harmless_json(text: str) -> str:
    """Replace what `harmless` replaces, and what stdout has no character for, in JSON by its escapes.

    All of it stands in strings, so the values are the same.
    """
    return _NOT_ASCII.sub(lambda found: found[0] if _is_shown(found[0]) else json.dumps(found[0])[1:-1], text)


def _is_shown(character: str) -> bool:
    return character.isprintable() and streams.fitting(character) == character


def _shown(text: str) -> str:
    """Give a text as it will stand on stdout, so that columns can be laid out."""
    return streams.fitting(harmless(text))


@dataclass(frozen=True)
class Terminal:
    """What every command gets from its common options.

    Attributes
    ----------
    json : bool
        Print the result as JSON and nothing else to stdout.
    quiet : bool
        Say nothing on stderr but errors.
    threads : int
        0 takes one for each core.
    seed : int
        Of all that is drawn.
    """

    json: bool
    quiet: bool
    threads: int
    seed: int

    def say(self, text: str) -> None:
        """Tell a person something, on stderr."""
        if not self.quiet:
            streams.say(harmless(text) + "\n")

    def did(self, text: str) -> None:
        """Write into the log, and nowhere else, what a command did: its name, and what it wrote or how much it read."""
        log.info(harmless(text))

    def result(self, result: "BaseModel") -> None:
        """Print a result as JSON."""
        from snnconv.files.names import as_json

        streams.write(harmless_json(as_json(result)) + "\n")

    def value(self, value: Any) -> None:
        """Print JSON values."""
        streams.write(harmless_json(json.dumps(value, indent=2, ensure_ascii=False)) + "\n")

    def write(self, text: str) -> None:
        """Print a line of text to stdout."""
        streams.write(harmless(text) + "\n")

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        left: int = 1,
        note: str | None = None,
        width: int | None = None,
    ) -> None:
        """Print a table to stdout; the first `left` columns are texts, the others numbers.

        With a `width`, texts are broken so that the table takes at most so many columns in a pipe, and those of the
        terminal elsewhere. Numbers and words of up to 20 characters stay whole, be the table then wider.
        """
        from snnconv.cli.table import rendered

        text = rendered(
            _shown(title),
            [_shown(column) for column in columns],
            [[_shown(cell) for cell in row] for row in rows],
            left,
            None if note is None else _shown(note),
            width,
        )
        streams.write(text)

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """Show a bar with rate and remaining time on a terminal; stay quiet in a pipe.

        Yields
        ------
        callable
            To be told (done, total).
        """
        with self.stages() as tell:
            yield partial(tell, what)

    @contextmanager
    def stages(self) -> Iterator[Callable[[str, int, int], None]]:
        """Show a bar for work of several stages, one after the other.

        Yields
        ------
        callable
            To be told (what, done, total).
        """
        if self.quiet or not streams.is_terminal(sys.stderr):
            yield lambda what, done, total: log.debug("%s: %d of %d", what, done, total)
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=None, rate="")

            def show(what: str, done: int, total: int) -> None:
                if bar.tasks[0].description not in ("", what):
                    bar.reset(task)
                speed = bar.tasks[0].speed
                rate = f"{speed:.1f}/s" if speed else ""
                bar.update(task, description=what, completed=done, total=total, rate=rate)

            yield show
