"""The networks, and how long those were trained that are trained here."""

from typing import Any

from markdown import NONE, number, table
from models import TITLES


def text(content: dict[str, Any]) -> list[str]:
    """Give the paragraphs of the section; none without results."""
    found: dict[str, dict[str, Any]] = {}
    for records in content["groups"].values():
        for record in records.values():
            if record["runs"]:
                found.setdefault(record["model"], record)
    if not found:
        return []
    rows = [
        [
            TITLES.get(model, model),
            number(100 * record["runs"][0]["ann_accuracy"], 2),
            f"{record['runs'][0]['images']:,}",
            _trained(record.get("training")),
        ]
        for model, record in found.items()
    ]
    return [table(["network", "ANN %", "of test images", "trained"], rows)]


def _trained(training: dict[str, Any] | None) -> str:
    if training is None:
        return NONE
    epochs = f"{training['epochs']} epochs by `training/train.py`"
    small = training["small_epochs"]
    return f"{epochs}, {small} of them on crops of {training['side']} × {training['side']}" if small else epochs
