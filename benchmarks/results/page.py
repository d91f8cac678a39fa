"""Writes docs/results.md, whole, from results.json: the same results give the same page."""

from itertools import groupby
from textwrap import fill
from typing import Any

from markdown import NONE, table
from published import PAPERS
from sections import depth, losses, mnist, networks, reasons, spike_norm
from verdicts import Judged, judged

WIDTH = 120
"""Of a line of text."""

_TOP = """What the papers claim, measured with `snnconv`. One command makes this page from the models and the data:
[benchmarks/results](../benchmarks/results/README.md). The page is generated: change `benchmarks/results/`, not the
page. All numbers: [results.json](../benchmarks/results/results.json)."""

_RULE = """*met*: the estimate is within what was asked. *missed*: the better end of the 95 % interval is beyond it.
*not resolved*: the estimate is beyond it, the better end is not. That one is more, or less, than another is *met* where
the whole interval says so, and *not resolved* where it has 0 in it. Intervals in brackets; losses in percentage points.
The limits are the losses that the papers print, rounded up. The rows with λ at the 99.99th percentile were added when
the losses of the default were known: they say what the percentile does, and are no second try at what was asked. Losses
of two networks, and of two conversions with Poisson input, are compared as if independent, though they are of the same
images; of Poisson input the mean over seeds counts, with the interval over images of the first seed."""

_IMAGES = """The images are those of a JPEG-compressed copy of CIFAR-10: half of its test images (5,000, 500 of each
class), and its 50,000 training images. λ come from 5,000 training images (the papers: all of them). A dash: trained
elsewhere."""

_LEFT_OUT = (
    "CIFAR-100 and ImageNet (Hu et al., Tables 4 and 5; Sengupta et al., Tables 2 and 3): the data are not at hand.",
    "ResNet-32, -44 and -110, and plain networks of 44 and 56 layers (Hu et al., Tables 2 and 3): no trained models.",
    "VGG-16 and ResNet-20 without biases (Sengupta et al., Table 1 and 3): smaller networks stand for them here.",
)


def text(content: dict[str, Any]) -> str:
    """Give the page.

    Parameters
    ----------
    content : dict
        ``results.json``.

    Returns
    -------
    str
        Markdown.
    """
    rows = judged(content)
    blocks = ["# Results", _TOP, _about(content), "## What was asked, and what came out", _asked(rows), _RULE]
    blocks += reasons.text(rows)
    blocks += ["## Networks", _IMAGES]
    for section in (networks, losses, depth, spike_norm, mnist):
        blocks += section.text(content)
    blocks += ["## Not run", _not_run(content), "## Sources", "\n".join(f"- {paper}" for paper in PAPERS)]
    return "\n\n".join(_wrapped(block) for block in blocks) + "\n"


def _wrapped(block: str) -> str:
    """Break a paragraph into lines; tables, lists, headings and code stay as they are."""
    if block.startswith(("|", "#", "- ", "```")):
        return block
    return fill(block, WIDTH, break_long_words=False, break_on_hyphens=False)


def _about(content: dict[str, Any]) -> str:
    machine = content["machine"]
    dates = sorted(r["date"] for records in content["groups"].values() for r in records.values())
    if not machine or not dates:
        return "Nothing was run yet."
    when = f"on {dates[0]}" if dates[0] == dates[-1] else f"from {dates[0]} to {dates[-1]}"
    packages = ", ".join(f"{name} {machine['packages'][name]}" for name in ("snnconv", "numpy", "onnxruntime"))
    return (
        f"Run {when}, the last on {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; "
        f"{machine['system']}, Python {machine['python']}, {packages}, revision {machine['revision'] or 'unknown'}. "
        "`results.json` has the date of each and, where it was kept, the revision that its network was converted with."
    )


def _asked(rows: list[Judged]) -> str:
    cells = [[row.asked, row.came_out, NONE if row.verdict is None else f"**{row.verdict}**"] for row in rows]
    return table(["asked", "came out", "verdict"], cells)


def _not_run(content: dict[str, Any]) -> str:
    lines = [f"- {line}" for line in _LEFT_OUT]
    missing = sorted(content["not_run"], key=lambda item: (item["group"], item["why"]))
    for (group, why), items in groupby(missing, key=lambda item: (item["group"], item["why"])):
        names = ", ".join(item["experiment"] for item in items)
        lines.append(f"- `{group}`: {names}: {why}.")
    return "\n".join(lines)
