"""Whom to cite."""

from snnconv.reporting.page.blocks import Block, Listing, Section
from snnconv.reporting.page.runs import Runs, missing


def section(runs: Runs) -> Section:
    """Make the section; an entry that several runs need stands once."""
    entries = dict.fromkeys(entry for run in runs for entry in run.report.citations)
    blocks: list[Block] = [Listing("", tuple("\n\n".join(entries).split("\n")))] if entries else []
    blocks += missing(runs, lambda report: not report.citations, "the network's file names no publication to cite.")
    return Section(
        "citations", "Citations", "BibTeX of what was used: methods, intervals, and the sources of prices.", blocks
    )
