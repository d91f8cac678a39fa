"""Losses by the ways to convert, the gain of compensation, and what the searches found."""

from typing import Any

from markdown import NONE, commands, number, table
from models import TITLES
from published import GAINS, LOSSES
from verdicts import interval

KINDS = {
    "none": "no compensation",
    "search": "one factor, searched",
    "layerwise": "a factor for each layer",
    "unnorm": "shortcuts not normalised, no compensation",
    "biases": "one factor, biases too",
    "none-9999": "no compensation, λ at 99.99 %",
    "search-9999": "one factor, searched, λ at 99.99 %",
    "unnorm-9999": "shortcuts not normalised, no compensation, λ at 99.99 %",
}
_FACTOR_ON = {"biases": "weights and biases", "search-9999": "weights, λ at 99.99 %"}


def text(content: dict[str, Any]) -> list[str]:
    """Give the paragraphs of the section; none without results."""
    records = content["groups"].get("losses", {})
    if not records:
        return []
    comparisons = content["comparisons"].get("losses", [])
    blocks = ["## Losses by way of conversion", _about(records), loss_table(records)]
    weights = _shortcuts(records)
    if weights:
        blocks += ["**Weights of identity shortcuts**, λ_in/λ_out, the smallest and the largest.", weights]
    gains = [made for made in comparisons if made["what"] == "gain"]
    if gains:
        blocks += ["**What compensation gains**, in points, on the same images, paired.", _gains(gains)]
    searched = [record for record in records.values() if (record["found"] or {}).get("kind") == "search"]
    if searched:
        says = "**What the searches found** on training images. |error| is the mean of |clip(a/λ, 0, 1) − rate|."
        blocks += [says, _searches(searched)]
    layerwise = [record for record in records.values() if (record["found"] or {}).get("kind") == "layerwise"]
    if layerwise:
        blocks += ["**A factor for each layer**, found on training images.", _layerwise(layerwise)]
    return [*blocks, commands(next(iter(records.values())), "losses")]


def _about(records: dict[str, Any]) -> str:
    runs = [run for record in records.values() for run in record["runs"]]
    sizes = sorted({(run["images"], run["steps"]) for run in runs})
    of = " and ".join(f"{images:,} test images of CIFAR-10, T = {steps}" for images, steps in sizes)
    return (
        f"{of or 'No run yet'}. Loss is the ONNX model's accuracy minus that of the spiking network on the same "
        "images, in percentage points, with its paired 95 % interval. The published networks are other networks of the "
        "same shape, tested on all 10,000 images: the losses may be compared, the accuracies not. λ is the 99.9th "
        "percentile where nothing else is said. The revised paper takes “the max 99.9% or 99.99% activation” (below "
        "Eq. 2) and does not say which its results are of; the first version names 99.9 % alone, and prints the same "
        "figures of these ResNets."
    )


def loss_table(records: dict[str, Any]) -> str:
    """Give losses beside the published ones, a row for each experiment that has a run."""
    rows = []
    for record in records.values():
        for run in record["runs"]:
            last = run["by_step"][-1]
            loss = interval(last["loss_points"], last["loss_points_low"], last["loss_points_high"])
            found = LOSSES.get((record["model"], record["kind"]), ())
            rows.append(
                [
                    TITLES.get(record["model"], record["model"]),
                    KINDS.get(record["kind"], record["kind"]),
                    number(100 * run["ann_accuracy"], 2),
                    number(100 * last["accuracy"], 2),
                    loss,
                    number(100 * last["agreement"], 2),
                    "; ".join(f"{loss.points:.2f} ({loss.source})" for loss in found) or NONE,
                ]
            )
    return table(["network", "conversion", "ANN %", "SNN %", "loss", "agree %", "published loss"], rows)


def _shortcuts(records: dict[str, Any]) -> str:
    """Give what normalised shortcuts weigh, of the networks without compensation; nothing where that was not kept."""
    rows = []
    for record in records.values():
        found = record["network"].get("shortcuts")
        if found and record["kind"] in ("none", "none-9999"):
            title = TITLES.get(record["model"], record["model"])
            rows.append([title, KINDS[record["kind"]], *(f"{weight:.3f}" for weight in found)])
    return table(["network", "conversion", "smallest", "largest"], rows) if rows else ""


def _gains(gains: list[dict[str, Any]]) -> str:
    rows = []
    for made in gains:
        ours = interval(made["points"], made["low"], made["high"])
        theirs = GAINS.get((made["model"], made["first"]))
        published = NONE if theirs is None else f"{theirs[0]:.2f} ({theirs[1]})"
        rows.append([TITLES.get(made["model"], made["model"]), KINDS[made["first"]], ours, published])
    return table(["network", "conversion", "gain", "published gain"], rows)


def _searches(records: list[dict[str, Any]]) -> str:
    rows = []
    for record in records:
        found = record["found"]
        first = found["trials"][0]
        best = next(trial for trial in found["trials"] if trial["factor"] == found["factor"])
        rows.append(
            [
                TITLES.get(record["model"], record["model"]),
                _FACTOR_ON.get(record["kind"], "weights"),
                f"{found['factor']:.4f}",
                number(found["tau_max"], 3),
                str(len(found["trials"])),
                f"{first['absolute_error']:.6f} → {best['absolute_error']:.6f}",
                f"{100 * first['agreement']:.1f} → {100 * best['agreement']:.1f}",
                str(found["images"]),
            ]
        )
    header = ["network", "factor on", "ζ", "τ_max", "tried", "|error|, ζ = 1 → ζ", "agree %, ζ = 1 → ζ", "images"]
    return table(header, rows)


def _layerwise(records: list[dict[str, Any]]) -> str:
    rows = []
    for record in records:
        found = record["found"]
        factors = [layer["factor"] for layer in found["layers"]]
        before, after = found["before"], found["after"]
        rows.append(
            [
                TITLES.get(record["model"], record["model"]),
                f"{min(factors):.3f} to {max(factors):.3f}",
                f"{sum(factor > 1 for factor in factors)} of {len(factors)}",
                f"{before['absolute_error']:.6f} → {after['absolute_error']:.6f}",
                f"{100 * before['agreement']:.1f} → {100 * after['agreement']:.1f}",
                str(found["images"]),
            ]
        )
    header = ["network", "factors", "layers above 1", "|error|, before → after", "agree %, before → after", "images"]
    return table(header, rows)
