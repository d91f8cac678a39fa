"""Which classes are right, and what is taken for what."""

from collections.abc import Sequence

from markupsafe import Markup

from snnconv.reporting.model import ClassRow, Confusion
from snnconv.reporting.page.blocks import Block, Figure, Note, Section, Table
from snnconv.reporting.page.download import csv_file
from snnconv.reporting.page.runs import Run, Runs, missing_of_classes
from snnconv.reporting.page.svg.bars import Bar, axis_of, bars
from snnconv.reporting.page.svg.element import element, label, picture
from snnconv.reporting.page.svg.heat import shaded
from snnconv.reporting.page.text import count, percent

MOST_CLASSES = 30
"""With more, the worst classes and the most frequent confusions are shown."""
SHOWN = 20
_SIDE, _LEFT, _TOP, _BOTTOM = 330.0, 40.0, 12.0, 40.0


def section(runs: Runs) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    for run in runs:
        classes, confusions = run.report.classes, run.report.confusions
        if classes:
            blocks += _blocks(run, classes, confusions or ())
    no_labels = "no classes without labels: run simulate on data that has them, or with --labels."
    blocks += missing_of_classes(runs, lambda report: not report.classes, no_labels)
    return Section("classes", "Classes", "Decisions after the last time step.", blocks)


def _blocks(run: Run, classes: Sequence[ClassRow], confusions: Sequence[Confusion]) -> list[Block]:
    few = len(classes) <= MOST_CLASSES
    shown = list(classes) if few else worst(classes)
    blocks: list[Block] = []
    if not few:
        text = (
            f"{len(shown)} worst of {len(classes)} classes, and the {SHOWN} most frequent confusions; the CSV has all."
        )
        blocks.append(Note(f"{run.prefix}The {text}"))
    blocks.append(_accuracy(run, shown, classes))
    if few:
        blocks.append(_matrix(run, classes, confusions))
    blocks.append(_table(run, shown))
    blocks.append(_confusions(run, confusions))
    return blocks


def worst(classes: Sequence[ClassRow]) -> list[ClassRow]:
    """Give the classes with the lowest accuracy, the larger one first among equals."""
    return sorted(classes, key=lambda row: (row.right / row.images, -row.images, row.label))[:SHOWN]


def wrong(confusions: Sequence[Confusion]) -> list[Confusion]:
    """Give what was decided wrongly, the most frequent first."""
    found = [c for c in confusions if c.label != c.decision]
    return sorted(found, key=lambda c: (-c.images, c.label, c.decision))[:SHOWN]


def _accuracy(run: Run, shown: Sequence[ClassRow], classes: Sequence[ClassRow]) -> Figure:
    rows = [
        Bar(f"class {row.label}", row.right / row.images, percent(row.right / row.images, 1), run.index)
        for row in shown
    ]
    lowest = min(shown, key=lambda row: row.right / row.images)
    title = f"{run.prefix}Accuracy by class"
    described = f"Lowest: class {lowest.label} with {percent(lowest.right / lowest.images, 1)}"
    axis = axis_of("accuracy", [], lambda v: percent(v, 0), most=1.0)
    svg = bars(f"fig-classes{run.slug}", title, described, axis, rows)
    data = csv_file(
        f"classes{run.slug}",
        ("label", "images", "right", "ann_right"),
        [(row.label, row.images, row.right, row.ann_right) for row in classes],
    )
    return Figure(svg, f"{title}: share of the images of a class that are decided rightly.", data)


def _matrix(run: Run, classes: Sequence[ClassRow], confusions: Sequence[Confusion]) -> Figure:
    labels = sorted({row.label for row in classes} | {c.decision for c in confusions})
    place = {name: k for k, name in enumerate(labels)}
    images = {row.label: row.images for row in classes}
    each = _SIDE / len(labels)
    cells = [(place[c.decision], place[c.label], c.images / images[c.label]) for c in confusions]
    body = [
        element("rect", x=_LEFT, y=_TOP, width=_SIDE, height=_SIDE, class_="field"),
        *shaded(cells, _LEFT, _TOP, each, each),
        *_names(labels, each),
    ]
    if len(labels) <= 12:
        body += _numbers(confusions, place, images, each)
    most = wrong(confusions)
    said = (
        f"most frequent: {most[0].images} images of class {most[0].label} as {most[0].decision}"
        if most
        else "none wrong"
    )
    title = f"{run.prefix}Confusion matrix"
    svg = picture(f"fig-confusion{run.slug}", title, said, _LEFT + _SIDE + 8, _TOP + _SIDE + _BOTTOM, body)
    data = csv_file(
        f"confusion{run.slug}", ("label", "decision", "images"), [(c.label, c.decision, c.images) for c in confusions]
    )
    caption = f"{title}: rows are labels, columns decisions; a stronger colour is a larger share of the label's images."
    return Figure(svg, caption, data)


def _names(labels: Sequence[int], each: float) -> list[Markup]:
    names = []
    stride = 1 if each >= 16 else 2
    for k, name in enumerate(labels):
        if k % stride == 0:
            middle = (k + 0.5) * each
            names.append(label(_LEFT - 5, _TOP + middle + 4, str(name), "tick", text_anchor="end"))
            names.append(label(_LEFT + middle, _TOP + _SIDE + 14, str(name), "tick", text_anchor="middle"))
    names.append(label(_LEFT + _SIDE / 2, _TOP + _SIDE + 32, "decision", "axis-title", text_anchor="middle"))
    names.append(label(0, 9, "label", "axis-title"))
    return names


def _numbers(
    confusions: Sequence[Confusion], place: dict[int, int], images: dict[int, int], each: float
) -> list[Markup]:
    return [
        label(
            _LEFT + (place[c.decision] + 0.5) * each,
            _TOP + (place[c.label] + 0.5) * each + 4,
            count(c.images),
            # on the darkest shades text takes the colour of the page
            "cell on-dark" if c.images / images[c.label] >= 0.5 else "cell",
            text_anchor="middle",
        )
        for c in confusions
    ]


def _table(run: Run, shown: Sequence[ClassRow]) -> Table:
    with_ann = any(row.ann_right is not None for row in shown)
    rows = []
    for row in shown:
        cells = [str(row.label), count(row.images), count(row.right), percent(row.right / row.images)]
        if with_ann:
            cells.append("–" if row.ann_right is None else percent(row.ann_right / row.images))
        rows.append(tuple(cells))
    head = ("Class", "Images", "Right", "Accuracy", *(("Accuracy of the ANN",) if with_ann else ()))
    return Table(f"{run.prefix}Classes", head, tuple(rows), folded=True)


def _confusions(run: Run, confusions: Sequence[Confusion]) -> Table:
    rows = tuple((f"{c.label} as {c.decision}", count(c.images)) for c in wrong(confusions))
    return Table(f"{run.prefix}Most frequent confusions", ("Label as decision", "Images"), rows, folded=True)
