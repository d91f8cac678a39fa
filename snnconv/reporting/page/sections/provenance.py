"""What a run was made of, so that it can be made again."""

import json
import shlex
from collections.abc import Iterator
from typing import Any

from snnconv.reporting.page.blocks import Block, Listing, Section, Table
from snnconv.reporting.page.runs import Run, Runs
from snnconv.reporting.page.text import count, significant


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    for run in runs:
        blocks.append(Listing(f"{run.prefix}Command line", (_command(run),)))
    head = ("", *(run.label if run.tag else "This run" for run in runs))
    known = [dict(_facts(run)) for run in runs]
    names = list(dict.fromkeys(name for facts in known for name in facts))
    rows = tuple((name, *(facts.get(name, "–") for facts in known)) for name in names)
    blocks.append(Table("Versions, hashes and options", head, rows, texts=frozenset(range(1, len(head)))))
    return Section("provenance", "Provenance", "What to give to make this run again.", blocks)


def _command(run: Run) -> str:
    return shlex.join(run.report.provenance.command_line) or "not recorded"


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    report = run.report
    for name, version in sorted(report.provenance.versions.items()):
        yield f"Version of {name}", version
    yield "Seed", "–" if report.run.seed is None else str(report.run.seed)
    yield "SHA-256 of the network", report.run.network.sha256
    yield "SHA-256 of the data", report.run.data.sha256
    yield "Backend", report.run.backend
    yield "Threads", count(report.run.threads)
    yield "Time", f"{significant(report.run.seconds)} s ({significant(report.run.images_per_second)} images per second)"
    yield from _flat("request", report.provenance.request)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from _flat(f"{name}.{key}", value[key])
    elif isinstance(value, str):
        yield name, value
    else:
        yield name, json.dumps(value, ensure_ascii=False)
