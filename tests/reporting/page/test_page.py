"""The page as a whole: sound, self-contained, harmless, and complete."""

import base64
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snnconv.errors import InputError, UsageError
from snnconv.reporting.model import Report
from snnconv.reporting.page import page, write_page

Make = Callable[..., Report]
HOSTILE = "</script><img src=x onerror=\"alert('1')\">\u202e'\"&\x1b[31m\u200b"


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.fixture(scope="module")
def one(report: Report) -> str:
    return page([report])


BARE = {"labels": False, "reference": False, "observed": False, "energy": False}
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "whole": [{}],
    "no labels": [{"labels": False}],
    "no reference": [{"reference": False}],
    "not observed": [{"observed": False}],
    "no energy": [{"energy": False}],
    "nothing": [BARE],
    "unfinished": [{"complete": False}],
    "one step": [{"steps": 1}],
    "one layer": [{"depth": 1}],
    "deep": [{"depth": 70, "observed": False}],
    "many classes": [{"classes": 100}],
    "two": [{}, {"steps": 16, "method": "spike-norm", "seed": 1}],
    "mixed": [{}, {**BARE, "depth": 3, "seed": 2}, {"seed": 3, "name": "other.snn"}],
    "the same twice": [{}, {}],
}


@pytest.mark.parametrize("runs", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_page_is_sound(make: Make, parse: type[Any], runs: list[dict[str, Any]]) -> None:
    parsed = parse(page([make(**run) for run in runs]))
    _no_undefined_numbers(parsed)
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert [k for k, n in Counter(ids).items() if n > 1] == []
    for link in parsed.all("a"):
        target = link["href"]
        assert target.startswith("data:") or target[1:] in ids
    levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    for svg in parsed.all("svg"):
        assert svg["role"] == "img"
        assert set(svg["aria-labelledby"].split()) <= set(ids)
    assert len(parsed.all("title")) == len(parsed.all("svg")) + 1
    assert len(parsed.all("desc")) == len(parsed.all("svg"))
    assert len(parsed.all("caption")) == len(parsed.all("table"))
    assert {th.get("scope") for th in parsed.all("th")} <= {"row", "col"}
    assert "nan" not in re.findall(r"[\w.]+", parsed.text.lower())
    assert "None" not in parsed.text.split()


def _no_undefined_numbers(parsed: Any) -> None:
    for tag, attributes in parsed.elements:
        if tag != "meta":
            for key in ("d", "x", "y", "width", "height", "viewbox"):
                assert not re.search("nan|inf|e[+-]", attributes.get(key, ""), re.I), (tag, attributes)


def test_the_page_needs_no_network_and_no_script(one: str, parse: type[Any]) -> None:
    parsed = parse(one)
    for tag, attributes in parsed.elements:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base", "form")
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in ("href", "src"):
                assert value.startswith(("#", "data:"))
    assert "url(" not in one
    assert "@import" not in one
    assert "http://" not in one
    assert "https://" not in one


def test_the_policy_allows_our_style_alone(one: str, parse: type[Any]) -> None:
    policy = next(m["content"] for m in parse(one).all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    style = re.search("<style>(.*)</style>", one, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_a_reader_finds_the_way(one: str, parse: type[Any]) -> None:
    parsed = parse(one)
    assert parsed.all("html")[0]["lang"] == "en"
    assert [len(parsed.all(tag)) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    first = parsed.all("a")[0]
    assert first == {"class": "skip", "href": "#content"}
    assert all(a.get("tabindex") == "0" for tag, a in parsed.elements if a.get("class") == "scroll")


def test_every_picture_has_its_data(one: str, parse: type[Any]) -> None:
    parsed = parse(one)
    saved = [a for a in parsed.all("a") if "download" in a]
    # one for each figure; all small pictures of a kind share one
    assert len(saved) == len(parsed.all("figure"))
    assert len({a["download"] for a in saved}) == len(saved)


def test_names_cannot_leave_their_place(make: Make, parse: type[Any]) -> None:
    layers = tuple(f"{HOSTILE}{k}" for k in range(3))
    options = ((HOSTILE, HOSTILE),)
    reports = [make(name=HOSTILE, method=HOSTILE, layer_names=layers, options=options, seed=k) for k in range(2)]
    for given in (reports[:1], reports):
        content = page(given)
        parsed = parse(content)
        assert not parsed.all("img")
        assert not parsed.all("script")
        assert not any(name.startswith("on") for _, attributes in parsed.elements for name in attributes)
        assert not set(content) & set("\u202e\x1b\u200b")
        assert "</script><img src=x onerror=\"alert('1')\">\\u202e'\"&\\x1b[31m\\u200b" in "".join(parsed.texts)


def test_equal_reports_give_equal_bytes(make: Make) -> None:
    assert page([make(), make(seed=1)]) == page([make(), make(seed=1)])


@pytest.mark.parametrize("runs", VARIANTS.values(), ids=VARIANTS.keys())
def test_the_page_is_made_of_what_json_has(make: Make, runs: list[dict[str, Any]]) -> None:
    """No number of the page comes from anywhere else: the JSON alone makes the same page."""
    reports = [make(**run) for run in runs]
    again = [Report.model_validate_json(made.model_dump_json()) for made in reports]
    assert page(again) == page(reports)


def test_a_deep_network_stays_small(make: Make) -> None:
    report = make(depth=20, side=32, steps=350, images=5000)
    assert len(page([report]).encode()) < 1_000_000


def test_a_page_needs_a_report() -> None:
    with pytest.raises(UsageError, match="at least one run"):
        page([])


def test_the_page_is_written_whole_or_not_at_all(report: Report, tmp_path: Path) -> None:
    write_page([report], tmp_path / "run.html")
    assert (tmp_path / "run.html").read_text(encoding="utf-8") == page([report])
    assert list(tmp_path.iterdir()) == [tmp_path / "run.html"]
    with pytest.raises(InputError):
        write_page([report], tmp_path / "missing" / "run.html")
