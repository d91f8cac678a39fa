"""Contrast as WCAG 2 defines it."""

import re
from importlib import resources

import pytest


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))


def _contrast(first: str, second: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(first), light(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(scheme: str) -> None:
    style = resources.files("snnconv.reporting.page").joinpath("page.css").read_text(encoding="utf-8")
    light, dark = style.split("prefers-color-scheme: dark", 1)
    colours = _colours(light if scheme == "light" else dark.split("* {", 1)[0])
    for name in ("text", "soft", "link", "c0", "c1", "c2", "c3", "c4", "c5"):
        assert _contrast(colours[name], colours["page"]) >= 4.5, name
    assert _contrast(colours["text"], colours["field"]) >= 4.5
    assert _contrast(colours["text"], colours["warn-page"]) >= 4.5
    # numbers in the cells of a confusion matrix: from a half on they take the other colour
    for shade in range(3):
        assert _contrast(colours["text"], colours[f"h{shade}"]) >= 4.5
    for shade in range(3, 6):
        assert _contrast(colours["on-dark"], colours[f"h{shade}"]) >= 4.5, shade
