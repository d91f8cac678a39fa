"""Writes files so that a stop leaves the old one or the new one, and JSON so that changes of it can be read."""

import json
from pathlib import Path
from typing import Any


def write(path: Path, text: str) -> None:
    """Write a file aside, then put it into its place."""
    aside = path.with_name(path.name + ".part")
    aside.write_text(text, "utf-8")
    aside.replace(path)


def lines(value: Any, indent: int = 0) -> str:
    """Give JSON with one line for whatever holds no other list or object."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(isinstance(item, dict | list) for item in inner):
        return json.dumps(value, ensure_ascii=False)
    space = " " * (indent + 1)
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {lines(item, indent + 1)}" for key, item in value.items()]
    else:
        items = [lines(item, indent + 1) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{space}" + f",\n{space}".join(items) + f"\n{' ' * indent}{closing}"
