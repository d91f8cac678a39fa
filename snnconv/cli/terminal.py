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
        log.info(text)
        if not self.quiet:
            sys.stderr.write(harmless(text) + "\n")

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
    ) -> None:
        """Print a table to stdout; the first `left` columns are texts, the others numbers."""
        from rich import box
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        console = Console(highlight=False)
        table = Table(
            title=escape(harmless(title)),
            title_justify="left",
            box=box.SIMPLE_HEAD,
            caption_justify="left",
            padding=(0, 1, 0, 0),
            pad_edge=False,
        )
        table.show_header = any(columns)
        table.caption = None if note is None else escape(harmless(note))
        for index, column in enumerate(columns):
            table.add_column(
                escape(harmless(column)),
                justify="left" if index < left else "right",
                overflow="fold",
                no_wrap=index >= left,
                min_width=min(20, max((len(row[index]) for row in rows), default=0)) if index < left else None,
            )
        for row in rows:
            table.add_row(*(escape(harmless(cell)) for cell in row))
        # numbers are never cut off: where the terminal is too narrow the lines run on, in a pipe they are free to
        natural = console.measure(table, options=console.options.update(width=10_000))
        if not sys.stdout.isatty():
            console.width = max(natural.maximum, 200)
        console.width = max(console.width, natural.minimum)
        with console.capture() as text:
            console.print(table)
        # written as text, so that a reader that goes away is ours to notice, not rich's
        sys.stdout.write(text.get())

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
