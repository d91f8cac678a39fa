"""The report as one page: no network, no script, opens from disk."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from snnconv.errors import UsageError
from snnconv.files.atomic import check_place, written_aside
from snnconv.files.replaced import PAGE
from snnconv.reporting.model import Gain, Report
from snnconv.reporting.page.runs import number_runs
from snnconv.reporting.page.sections import SECTIONS
from snnconv.reporting.page.text import finalize

_PACKAGE = "snnconv.reporting.page"


def page(reports: Sequence[Report], gains: Sequence[Gain | None] = ()) -> str:
    """Make the page of one run, or of several side by side.

    Equal reports give equal bytes: there is no date in it.

    Parameters
    ----------
    reports : sequence of Report
        In the order of the columns.
    gains : sequence of Gain or None
        Of the second and later runs against the first, as a comparison has them.

    Raises
    ------
    UsageError
        Without a report.
    """
    if not reports:
        raise UsageError("a page needs at least one run, found none; name a run folder")
    runs = number_runs(reports, gains)
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = _environment().get_template("page.html.j2")
    return template.render(
        title=" against ".join(run.label for run in runs) if len(runs) == 2 else _title(len(runs), runs[0].label),
        runs=runs,
        sections=[make(runs) for make in SECTIONS],
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=Markup(digest),  # noqa: S704 - base64
    )


def write_page(reports: Sequence[Report], path: Path | str, gains: Sequence[Gain | None] = ()) -> None:
    """Write the page to a file, which may be there if it is a page or empty.

    Parameters
    ----------
    reports : sequence of Report
    path : Path
    gains : sequence of Gain or None
        As for `page`.

    Raises
    ------
    UsageError
        Without a report.
    InputError
        If the file cannot be written, or is no page.
    """
    path = Path(path)
    check_place(path, kind=PAGE)
    content = page(reports, gains)
    with written_aside(path) as aside:
        aside.write_text(content, encoding="utf-8", newline="\n")


def _title(count: int, label: str) -> str:
    return label if count == 1 else f"{count} runs"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(_PACKAGE, ""),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _style() -> str:
    return resources.files(_PACKAGE).joinpath("page.css").read_text(encoding="utf-8")
