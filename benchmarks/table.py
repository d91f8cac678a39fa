"""Turns results into Markdown tables: on stdout, or between markers in a page.

Reads every ``*.json`` of a folder that a benchmark wrote with ``--out``. A file ``NAME.json`` gives the table that
stands between ``<!-- NAME -->`` and ``<!-- /NAME -->``. The tables of each result end with the machine it is from.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import rows
from record import FORMAT, VERSION


def main() -> None:
    """Print the tables, or write them into a page."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python benchmarks/table.py results --update docs/performance.md",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("results", type=Path, metavar="DIR", help="folder of JSON files")
    parser.add_argument("--update", type=Path, metavar="FILE.md", help="replace what is between markers in this file")
    options = parser.parse_args()
    tables = {
        path.stem: text_of(json.loads(path.read_text("utf-8"))) for path in sorted(options.results.glob("*.json"))
    }
    if not tables:
        raise SystemExit(f"{options.results} has no *.json")
    if options.update is None:
        print("\n\n".join(_between(name, text) for name, text in tables.items()))
        return
    page = options.update.read_text("utf-8")
    for name, text in tables.items():
        page, count = _replaced(page, name, text)
        if not count:
            print(f"{options.update} has no marker <!-- {name} -->, its table is left out", file=sys.stderr)
    options.update.write_text(page, "utf-8")


def text_of(content: dict[str, Any]) -> str:
    """Give the Markdown of one result.

    Raises
    ------
    SystemExit
        If it is no result of a benchmark, or of another version.
    """
    if content.get("format") != FORMAT or content.get("version") != VERSION:
        found = f"{content.get('format')} {content.get('version')}"
        raise SystemExit(f"found {found}, {FORMAT} {VERSION} is expected: write the result again")
    if content["question"] not in rows.TABLES:
        raise SystemExit(f"rows.py has no table for {content['question']}: add a function there")
    made = rows.TABLES[content["question"]](content["result"])
    return "\n\n".join([*(_table(*table) for table in made), _machine(content)])


def _table(title: str, header: list[str], body: list[list[str]]) -> str:
    """Give a Markdown table; columns but the first are numbers, and stand to the right."""
    lines = [title, "", "| " + " | ".join(header) + " |", "|---|" + "--:|" * (len(header) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in body)])


def _machine(content: dict[str, Any]) -> str:
    of = content["machine"]
    packages = ", ".join(f"{name} {of['packages'][name]}" for name in ("snnconv", "numpy", "onnxruntime"))
    told = f"{of['cpu']}, {of['cores']} cores, {of['memory_gb']} GB, Python {of['python']}, {packages}"
    files = ", ".join(f"`{name}` {sha256[:12]}" for name, sha256 in content["files"].items())
    return f"*{told}, revision {of['revision'] or 'unknown'}.*" + (f" SHA-256: {files}." if files else "")


def _between(name: str, text: str) -> str:
    return f"<!-- {name} -->\n\n{text}\n\n<!-- /{name} -->"


def _replaced(page: str, name: str, text: str) -> tuple[str, int]:
    pattern = rf"<!-- {re.escape(name)} -->.*?<!-- /{re.escape(name)} -->"
    return re.subn(pattern, lambda _: _between(name, text), page, flags=re.DOTALL)


if __name__ == "__main__":
    main()
