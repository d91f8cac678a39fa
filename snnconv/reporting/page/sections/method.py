"""The method box: how everything on the page was counted."""

from snnconv.reporting.page.blocks import Block, Facts, Section
from snnconv.reporting.page.runs import Runs, missing


def section(runs: Runs) -> Section:
    """Make the section; what holds for all runs stands once."""
    items = [(fact.title, fact.text) for run in runs for fact in run.report.method]
    sets = [{(fact.title, fact.text) for fact in run.report.method} for run in runs]
    facts = []
    for title, text in dict.fromkeys(items):
        have = [run.tag for run, own in zip(runs, sets, strict=True) if (title, text) in own]
        facts.append((title, text, "" if len(have) == len(runs) else f"run {', '.join(have)}"))
    # the same title with another text stands beside it
    order = list(dict.fromkeys(title for title, _, _ in facts))
    facts.sort(key=lambda fact: order.index(fact[0]))
    blocks: list[Block] = [Facts(tuple(facts))] if facts else []
    blocks += missing(runs, lambda report: not report.method, "the report has no method box.")
    return Section("method", "How this was counted", "", blocks)
