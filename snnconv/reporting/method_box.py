"""The method box: how everything in a report was counted, and what was assumed. A reviewer asks for each of these."""

from collections.abc import Iterator, Sequence
from math import ceil, log2

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.reporting.model import Fact
from snnconv.runs.summary import RunSummary


def method_box(
    summary: RunSummary, ann: AnnCounts, snn: SnnCounts, profiles: Sequence[EnergyProfile]
) -> tuple[Fact, ...]:
    """Say how a run was counted, in the words of its own figures.

    Parameters
    ----------
    summary : RunSummary
    ann, snn : AnnCounts, SnnCounts
        Of the same run.
    profiles : sequence of EnergyProfile
        What energies were priced with, if any.
    """
    return tuple(
        Fact(title=title, text=text)
        for part in (_networks(summary, ann, snn), _spiking(summary, snn), _energy(summary, profiles))
        for title, text in part
    )


def _networks(summary: RunSummary, ann: AnnCounts, snn: SnnCounts) -> Iterator[tuple[str, str]]:
    yield (
        "Unit of the ReLU network's work",
        "a multiply-accumulate (MAC), never a FLOP; a source that prices FLOP says how many a MAC takes. Taps on "
        f"padding are left out: {ann.macs:,} MACs per image; with them, as most papers count, {ann.macs_padded:,}.",
    )
    yield (
        "SynOps",
        "for each spike the synapses that it reaches: borders, stride, dilation and groups counted exactly, a graded "
        "spike by its value. Synapses of weight zero count.",
    )
    recomputed = snn.macs_each_step - snn.macs_once
    if snn.macs_each_step:
        again = f"; made anew at each step they would be {snn.macs_each_step:,}" if recomputed else ""
        first = f"weights that read a current make MACs, {snn.macs_once:,} per image with constant ones kept{again}."
    else:
        first = "no weights read a current, so the spiking network makes no MACs."
    yield "First layer", first
    if summary.encoding == "poisson":
        entering = f"Poisson train of signed spikes, seed {summary.seed}: the first layer makes SynOps."
    else:
        entering = "the image as a constant current at each step."
    yield "Input", entering


def _spiking(summary: RunSummary, snn: SnnCounts) -> Iterator[tuple[str, str]]:
    bias = "not counted in this run" if snn.bias_adds is None else f"{snn.bias_adds:,} per image"
    yield "Bias", f"one addition per step for each neuron whose current has a bias, at any rate: {bias}."
    adds = "not counted in this run" if snn.membrane_adds is None else f"{snn.membrane_adds:,} additions per image"
    yield (
        "Membranes",
        f"one addition and one comparison per neuron and step, one multiplication more where it leaks, one "
        f"subtraction or clearing per spike: {adds}.",
    )
    yield (
        "Shortcuts",
        "an identity costs one SynOp per spike, a projection its own fan-out; the sum is made on the membrane.",
    )
    yield (
        "Pooling",
        "a mean is a sum whose factor lies in the weights behind it; its spikes are in the SynOps of those.",
    )
    readout = "the class with the most spikes" if _last_fires(summary) else "the class with the largest summed current"
    yield "Readout", f"{readout}, after each step; one addition per class and step, the comparison is not counted."
    yield "BatchNorm", "folded into weights, or carried as one synapse per element: no operations of its own."
    yield "Time steps", f"T = {summary.steps} for every image; none ends early."
    share = "" if summary.complete else f" of {summary.planned_images:,} planned"
    yield (
        "Data",
        f"{summary.images:,} images{share}, each presented once; means over all of them. Accuracy has Wilson's 95 % "
        "interval, the loss the paired interval of Agresti and Min.",
    )


def _last_fires(summary: RunSummary) -> bool:
    return bool(summary.layers) and summary.layers[-1].neurons > 0


def _energy(summary: RunSummary, profiles: Sequence[EnergyProfile]) -> Iterator[tuple[str, str]]:
    bits = ceil(log2(summary.steps + 1))
    named = ", ".join(profile.id for profile in profiles) or "none asked for"
    yield "Precision", "counts do not depend on it; each profile says for which width of weights and state it holds."
    yield "Profiles", f"{named}; each constant has its technology, source and status in the table of energies."
    mixed = [profile.id for profile in profiles if profile.mixed_technology]
    yield (
        "Technologies",
        f"{', '.join(mixed)} price the two networks on different technologies: their ratios compare circuits first."
        if mixed
        else "no profile here prices the two networks on different technologies.",
    )
    yield "Left out", "what a profile has no price for is not priced and is listed with it, never taken for 0."
    yield (
        "Baseline",
        f"the ReLU network as it is; its zeros are not skipped. Beside it, where a profile has a price for it, the "
        f"same network with activations of {bits} bits, which carry what T = {summary.steps} steps can.",
    )
    yield "Standing", "every energy is an estimate, a count times a published price; none is a measurement."
