"""How commands talk: data to stdout, talk and progress to stderr, names from files made harmless."""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

log = logging.getLogger("snnconv")


def harmless(text: str) -> str:
    """Replace control characters, which could steer a terminal, by their escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


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
            sys.stderr.write(harmless(text) + "\n")

    def did(self, text: str) -> None:
        """Write into the log, and nowhere else, what a command did: its name, and what it wrote or how much it read."""
        log.info(harmless(text))

    def result(self, result: "BaseModel") -> None:
        """Print a result as JSON."""
        sys.stdout.write(result.model_dump_json(indent=2) + "\n")

    def value(self, value: Any) -> None:
        """Print JSON values."""
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def write(self, text: str) -> None:
        """Print a line of text to stdout."""
        sys.stdout.write(harmless(text) + "\n")

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
            harmless(title),
            [harmless(column) for column in columns],
            [[harmless(cell) for cell in row] for row in rows],
            left,
            None if note is None else harmless(note),
            width,
        )
        # written as text, so that a reader that goes away is ours to notice, not rich's
        sys.stdout.write(text)

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
        if self.quiet or not sys.stderr.isatty():
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
