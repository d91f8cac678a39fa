"""Open pages of reports in Chromium and look for what a reader would stumble over.

    python tests/browser/check.py PAGE.html … [--screenshots FOLDER]

Not part of pytest: it needs Debian's package ``chromium``. Ends with 1 where something is wrong.
"""

import argparse
import sys
from pathlib import Path

from browser import Browser, browser

WIDTHS = (1280, 360)

BEYOND = "document.documentElement.scrollWidth - window.innerWidth"
TWICE = """(() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  return ids.filter((id, k) => ids.indexOf(id) !== k); })()"""
UNNAMED = """[...document.querySelectorAll('svg')].filter(s => s.getAttribute('role') !== 'img'
  || !s.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id)?.textContent))
  .map(s => s.id)"""
# a link must not lead to nothing
LOST = """[...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href').slice(1))
  .filter(id => !document.getElementById(id))"""
HEADINGS = """(() => { const found = [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1]);
  return found.filter((level, k) => k && level > found[k - 1] + 1); })()"""
# text that is cut off at the edge of its picture
CUT = """[...document.querySelectorAll('svg')].flatMap(svg => { const box = svg.getBoundingClientRect();
  if (!box.width) return [];
  return [...svg.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
    return b.width && (b.right > box.right + 2 || b.left < box.left - 2); })
  .map(t => svg.id + ': ' + t.textContent); })"""
# contrast as WCAG 2 defines it; numbers in the cells of a matrix stand on other colours than the page's
PALE = """(() => { const rgb = text => { const m = text.match(/[\\d.]+/g).map(Number);
    return {c: m.slice(0, 3), a: m.length > 3 ? m[3] : 1}; };
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.map(v => linear(v / 255)); return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const b = rgb(getComputedStyle(e).backgroundColor);
    if (b.a > .5) return b.c; } return [255, 255, 255]; };
  const pale = new Set();
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg') && e.tagName !== 'text') continue;
    if (e.classList.contains('cell') || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(e), text = e.tagName === 'text' ? style.fill : style.color;
    const [a, b] = [light(rgb(text).c), light(behind(e))];
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) pale.add(e.tagName + '.' + (e.getAttribute('class') || '') + ' ' + contrast.toFixed(2)); }
  return [...pale]; })()"""

CHECKS = {
    "ids that stand twice": TWICE,
    "pictures without a name": UNNAMED,
    "links to nothing": LOST,
    "headings that skip a level": HEADINGS,
    "text that is cut off": CUT,
    "text with a contrast below 4.5": PALE,
    "scripts": "[...document.scripts].map(s => s.outerHTML.slice(0, 80))",
}


def look(page: Browser, path: Path, width: int, *, dark: bool, folder: Path | None) -> list[str]:
    """Give what is wrong with a page at a width."""
    page.complaints.clear()
    page.open(path, width, dark=dark)
    # what is folded away must be right too
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    wrong = [f"{name}: {found}" for name, check in CHECKS.items() if (found := page.evaluate(check))]
    beyond = page.evaluate(BEYOND)
    if beyond > 0:
        wrong.append(f"the page is {beyond} px wider than its window")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    if folder is not None:
        page.screenshot(folder / f"{path.stem}-{width}{'-dark' if dark else ''}.png")
    return [*wrong, *page.complaints]


def main() -> int:
    """Check all pages that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--screenshots", type=Path)
    given = parser.parse_args()
    if given.screenshots is not None:
        given.screenshots.mkdir(parents=True, exist_ok=True)
    failed = False
    with browser() as page:
        for path in given.pages:
            for width in WIDTHS:
                for dark in (False, True):
                    wrong = look(page, path, width, dark=dark, folder=given.screenshots)
                    failed |= bool(wrong)
                    print(f"{path} {width} px {'dark' if dark else 'light'}: {'; '.join(wrong) or 'ok'}")  # noqa: T201
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
