"""The runs of a page: which is which, and what tells them apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from snnconv.data.classes import ONE_NUMBER, decides
from snnconv.reporting.model import Gain, Report
from snnconv.reporting.page.blocks import Note
from snnconv.reporting.page.text import clipped

_LABEL = 13


@dataclass(frozen=True)
class Run:
    """A report and its place on the page.

    Attributes
    ----------
    report : Report
    index : int
        Also the number of its stroke.
    tag : str
        A letter; empty where the run is alone.
    label : str
        The letter and what differs from the others.
    end : str
        The letter and what tells most, short enough for the end of a curve; empty where the run is alone.
    gain : Gain or None
        Its accuracy against that of the first run.
    """

    report: Report
    index: int
    tag: str
    label: str
    end: str
    gain: Gain | None = None

    @property
    def slug(self) -> str:
        """A part of ids and names of files."""
        return f"-{self.tag.lower()}" if self.tag else ""

    @property
    def prefix(self) -> str:
        """Set before titles of pictures that exist once for each run."""
        return f"{self.tag}: " if self.tag else ""


Runs = Sequence[Run]


def number_runs(reports: Sequence[Report], gains: Sequence[Gain | None] = ()) -> tuple[Run, ...]:
    """Give each report its letter and label; gains are those of the second and later runs."""
    alone = len(reports) == 1
    texts = _differences(reports)
    kinds = len(texts[0])
    # max gives the first of equals
    most = max(range(kinds), key=lambda k: len({own[k] for own in texts}), default=0)
    return tuple(
        Run(
            report=report,
            index=index,
            tag="" if alone else letters(index),
            label=report.run.network.name if alone else " ".join([letters(index), *texts[index]]),
            end="" if alone else clipped(" ".join([letters(index), *texts[index][most : most + 1]]), _LABEL),
            gain=gains[index - 1] if index and gains else None,
        )
        for index, report in enumerate(reports)
    )


def letters(index: int) -> str:
    """Give A, B … Z, AA, AB …."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def differing_options(reports: Sequence[Report]) -> list[str]:
    """Name the options of the conversion in which runs differ.

    Its number of steps is left out: it is what the network proposes, and T is what was run.
    """
    options = [report.run.network.options for report in reports]
    names = sorted({name for given in options for name in given} - {"steps"})
    return [name for name in names if len({_text(given.get(name)) for given in options}) > 1]


def missing(runs: Runs, absent: Callable[[Report], bool], text: str) -> list[Note]:
    """Say what runs lack, naming them where others have it."""
    lacking = [run for run in runs if absent(run.report)]
    if not lacking:
        return []
    if len(lacking) == len(runs):
        return [Note(text[:1].upper() + text[1:], missing=True)]
    return [Note(f"{', '.join(run.tag for run in lacking)}: {text}", missing=True)]


def missing_of_classes(runs: Runs, absent: Callable[[Report], bool], text: str) -> list[Note]:
    """Say the same of what decisions among classes give; a network without classes lacks it for good."""
    return [
        *missing(
            runs, lambda report: not decides(report.run.classes), f"not measured: the network gives {ONE_NUMBER}."
        ),
        *missing(runs, lambda report: decides(report.run.classes) and absent(report), text),
    ]


def _differences(reports: Sequence[Report]) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in reports]
    views: list[Callable[[Report], str]] = [
        lambda r: PurePath(r.run.network.name).stem,
        lambda r: r.run.network.method,
        lambda r: f"T={r.run.steps}",
        lambda r: r.run.encoding,
        lambda r: r.run.data.name,
        lambda r: f"{r.run.images} images",
    ]
    for view in views:
        texts = [view(report) for report in reports]
        if len(set(texts)) > 1:
            for known, text in zip(found, texts, strict=True):
                known.append(text)
    return found


def _text(value: Any) -> str:
    return "–" if value is None else str(value)
