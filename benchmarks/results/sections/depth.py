"""How errors grow with depth."""

from typing import Any

from markdown import NONE, commands, few, number, table
from models import TITLES
from published import ERRORS, FITS, HU

from sections.losses import KINDS


def text(content: dict[str, Any]) -> list[str]:
    """Give the paragraphs of the section; none without results."""
    records = content["groups"].get("depth", {})
    if not records:
        return []
    diagnosis = next(iter(records.values()))["diagnosis"]
    blocks = [
        "## Errors and depth",
        f"`snnconv diagnose` on the first {diagnosis['images']} training images (the papers: 50,000 for Fig. 4, 10,000 "
        f"for the first version's Fig. 3), T = {diagnosis['steps']}. The factors were searched on the first of the "
        "same images. The error of a neuron is clip(a/λ, 0, 1) − rate "
        f"({HU}, Eq. 11).",
        f"**The fit p·q^l** to the error of each layer's most active neuron ({HU}, Eq. 12, Table 1).",
        _fits(records),
        _published_fits(),
        f"**Mean error over all neurons.** Tables 3 and 4 of {HU} do not say whether it is signed.",
        _errors(records),
        *_lost(records),
        f"**By layer**: error of the most active neuron ({HU}, Fig. 4; a picture without numbers) and the highest rate "
        "(first version, Fig. 3; the same).",
    ]
    for model in dict.fromkeys(record["model"] for record in records.values()):
        blocks.append(_layers([record for record in records.values() if record["model"] == model]))
    return [*blocks, commands(next(iter(records.values())), "depth")]


def _fits(records: dict[str, Any]) -> str:
    rows = []
    for record in records.values():
        title, growth = TITLES.get(record["model"], record["model"]), record["diagnosis"]["growth"]
        ours = [NONE] * 3
        if growth is not None:
            ours = [f"{growth['p']:.6f}", f"{growth['q']:.3f}", number(growth["adjusted_r2"], 4)]
        theirs = FITS.get(title) if record["kind"] == "none" else None
        published = NONE if theirs is None else f"{theirs.p:.6f}, {theirs.q:.3f}, {theirs.adjusted_r2:.4f}"
        rows.append([title, KINDS[record["kind"]], *ours, published])
    return table(["network", "conversion", "p", "q", "adjusted R²", "published p, q, adjusted R²"], rows)


def _published_fits() -> str:
    listed = "; ".join(f"{name} {fit.p:.6f}, {fit.q:.3f}, {fit.adjusted_r2:.4f}" for name, fit in FITS.items())
    odd = FITS["ImageNet, ResNet-34"]
    last = odd.p * odd.q**34
    return (
        f"All of the published table (p, q, adjusted R²): {listed}. The row of ResNet-34 gives p·q^34 = {last:.2f}, "
        "an error above 1, more than a rate can lack: a misprint, it seems."
    )


def _errors(records: dict[str, Any]) -> str:
    rows = []
    for record in records.values():
        diagnosis, theirs = record["diagnosis"], ERRORS.get((record["model"], record["kind"]))
        rows.append(
            [
                TITLES.get(record["model"], record["model"]),
                KINDS[record["kind"]],
                f"{diagnosis['error']:.6f}",
                f"{diagnosis['absolute_error']:.6f}",
                NONE if theirs is None else f"{theirs:.6f}",
                f"{100 * diagnosis['agreement']:.1f}",
            ]
        )
    return table(["network", "conversion", "error", "|error|", "published E (Table 3)", "agree %"], rows)


def _lost(records: dict[str, Any]) -> list[str]:
    """Give what agreement is lost to, part by part; nothing where that was not kept."""
    kept = [record for record in records.values() if "parts" in record["diagnosis"]]
    lost = [{part["name"]: 100 * part["lost"] for part in record["diagnosis"]["parts"]} for record in kept]
    names = [name for name in dict.fromkeys(name for parts in lost for name in parts) if any(p.get(name) for p in lost)]
    rows = [
        [
            TITLES.get(record["model"], record["model"]),
            KINDS[record["kind"]],
            *(f"{parts[name]:.1f}" if name in parts else NONE for name in names),
        ]
        for record, parts in zip(kept, lost, strict=True)
    ]
    if not rows:
        return []
    says = (
        "**What decisions are lost to**, in points of agreement with the ONNX model on the same training images; what "
        "is given back is negative. Clipping of activations above λ is what no T gives back, the steps are what finite "
        "T adds to that ([diagnosis](diagnosis.md)). Parts that cost none of these networks anything are left out."
    )
    return [says, table(["network", "conversion", *names], rows)]


def _layers(records: list[dict[str, Any]]) -> str:
    """Give one network: every few layers, error and highest rate by way of conversion."""
    layers = {record["kind"]: record["diagnosis"]["layers"] for record in records}
    header = [TITLES.get(records[0]["model"], records[0]["model"]) + ", l"]
    for quantity in ("error", "highest rate"):
        header += [f"{quantity}, {KINDS[kind]}" for kind in layers]
    rows = []
    for index in few(min(len(found) for found in layers.values())):
        row = [str(next(iter(layers.values()))[index]["depth"])]
        row += [f"{found[index]['most_active_error']:.4f}" for found in layers.values()]
        rows.append([*row, *(f"{found[index]['highest_rate']:.3f}" for found in layers.values())])
    return table(header, rows)
