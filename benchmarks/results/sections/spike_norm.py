"""SPIKE-NORM: loss by step, constraints, thresholds, spikes, accumulations per MAC."""

from statistics import fmean, stdev
from typing import Any

from markdown import NONE, commands, number, table
from models import TITLES
from published import AC_PER_MAC, LOSSES, SEED_DEVIATION, SENGUPTA

CONSTRAINTS = {
    ("vgg", "spikes"): "SPIKE-NORM",
    ("vgg", "activations"): "thresholds from activations",
    ("resnet14_basic", "balanced"): "none: basic architecture",
    ("resnet14_junction", "balanced"): "1",
    ("resnet14_junction", "one"): "1 and 2",
    ("resnet14_plain", "one"): "1, 2 and 3",
    ("resnet14_plain", "activations"): "1, 2 and 3; outside the units thresholds from activations",
}


def text(content: dict[str, Any]) -> list[str]:
    """Give the paragraphs of the section; none without results."""
    records = [record for record in content["groups"].get("spike_norm", {}).values() if record["runs"]]
    if not records:
        return []
    run = records[0]["runs"][0]
    balanced = {record["found"]["images"] for record in records if record["found"] and record["found"]["images"]}
    seeds = len(records[0]["runs"])
    return [
        "## SPIKE-NORM",
        f"{SENGUPTA}: Poisson input, reset to zero, T = {run['steps']:,}, mean ± standard deviation over {seeds} seeds "
        f"of the input, the first {run['images']:,} test images of CIFAR-10: one image is {100 / run['images']:g} "
        f"points. Thresholds were balanced once, on {_count(balanced)} training images (the paper: 256), and the paper "
        "gives the mean of 5 runs too; "
        "those from activations are the largest of the 5,000 images of the calibration. "
        "The networks are much smaller than the paper's VGG-16 and ResNet-20 and trained for a few epochs, without "
        "biases and BatchNorm as there. Constraints: 1 a ReLU at each junction, 2 thresholds of 1 in residual units, "
        "3 two more plain layers first (section 6).",
        _summary(records),
        f"The paper's deviation over independent runs is about {SEED_DEVIATION:g} points (section 7.2, of the choice "
        "of the 256 images). Its Fig. 3 shows the constraints one by one, without numbers.",
        "**Loss by step**, in points (Fig. 4).",
        _by_step(records),
        "**Thresholds** v_th from the input to the output (Fig. 2c); – where a layer reads spikes of several scales.",
        _thresholds(records),
        *_remarks(records),
        f"**Spikes per neuron** after {run['steps']:,} steps, by layer from the input to the output (Fig. 5), seed "
        f"{run['seed']}.",
        _spikes(records),
        f"**Accumulations per MAC**, as {SENGUPTA} count them (section 7.4). Published: {_published_ratios()}.",
        _ratios(records),
        commands(records[0], "spike_norm"),
    ]


def _count(found: set[int]) -> str:
    return " or ".join(str(images) for images in sorted(found)) or "some"


def _titles(record: dict[str, Any]) -> tuple[str, str]:
    key = (record["model"], record["kind"])
    return TITLES.get(record["model"], record["model"]), CONSTRAINTS.get(key, record["kind"])


def _spread(values: list[float], digits: int = 2) -> str:
    """Give mean ± standard deviation; the mean alone of one value."""
    deviation = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{fmean(values):.{digits}f}{deviation}"


def _losses(record: dict[str, Any], index: int = -1) -> list[float]:
    return [run["by_step"][index]["loss_points"] for run in record["runs"]]


def _summary(records: list[dict[str, Any]]) -> str:
    rows = []
    for record in records:
        theirs = LOSSES.get((record["model"], record["kind"]), ())
        ann = 100 * record["runs"][0]["ann_accuracy"]
        reached = [100 * run["by_step"][-1]["accuracy"] for run in record["runs"]]
        published = "; ".join(f"{loss.points:.2f} ({loss.source})" for loss in theirs) or NONE
        rows.append(
            [*_titles(record), f"{ann:.2f}", _spread(reached), _spread(_losses(record)), _images(record), published]
        )
    header = ["network", "constraints", "ANN %", "SNN %", "loss", "interval over images", "published loss"]
    return table(header, rows)


def _images(record: dict[str, Any]) -> str:
    """Give the paired interval of the first seed: what so few images can say at all."""
    last = record["runs"][0]["by_step"][-1]
    return f"[{last['loss_points_low']:.2f}, {last['loss_points_high']:.2f}], seed {record['runs'][0]['seed']}"


def _by_step(records: list[dict[str, Any]]) -> str:
    steps = [row["step"] for row in records[0]["runs"][0]["by_step"]]
    header = ["T", *(", ".join(_titles(record)) for record in records)]
    return table(header, [[f"{step:,}", *(_at(record, step) for record in records)] for step in steps])


def _at(record: dict[str, Any], step: int) -> str:
    steps = [row["step"] for row in record["runs"][0]["by_step"]]
    return _spread(_losses(record, steps.index(step))) if step in steps else NONE


def _thresholds(records: list[dict[str, Any]]) -> str:
    rows = []
    for record in records:
        found = record["found"]
        layers = found["layers"] if found else []
        values = ", ".join(NONE if layer["threshold"] is None else f"{layer['threshold']:.3g}" for layer in layers)
        rows.append([*_titles(record), values or NONE])
    return table(["network", "constraints", "v_th"], rows)


def _remarks(records: list[dict[str, Any]]) -> list[str]:
    """Give what is to be said of records that were made before something changed."""
    found: dict[str, list[str]] = {}
    for record in records:
        if "remark" in record:
            found.setdefault(record["remark"], []).append(f"`{record['model']}-{record['kind']}`")
    return [f"{', '.join(names)}: {remark}" for remark, names in found.items()]


def _spikes(records: list[dict[str, Any]]) -> str:
    rows = []
    for record in records:
        layers = record["runs"][0]["layers"]
        rows.append([*_titles(record), ", ".join(number(layer["spikes_per_neuron"], 1) for layer in layers)])
    return table(["network", "constraints", "spikes per neuron"], rows)


def _published_ratios() -> str:
    return ", ".join(f"{value:g} ({name}, {steps:,} steps)" for name, steps, value in AC_PER_MAC)


def _ratios(records: list[dict[str, Any]]) -> str:
    """Give the ratio at the reported steps nearest to the published ones, and at the last."""
    rows = []
    steps = [row["step"] for row in records[0]["runs"][0]["by_step"]]
    wanted = sorted({min(steps, key=lambda step: abs(step - at)) for _, at, _ in AC_PER_MAC} | {steps[-1]})
    for record in records:
        cells = []
        for step in wanted:
            found = [row for run in record["runs"] for row in run["by_step"] if row["step"] == step]
            values = [row["ac_per_mac"] for row in found if row["ac_per_mac"] is not None]
            cells.append(_spread(values, 3) if values else NONE)
        rows.append([*_titles(record), *cells])
    return table(["network", "constraints", *(f"T = {step:,}" for step in wanted)], rows)
