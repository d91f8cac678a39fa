"""What a run did, operation by operation: what energy profiles price and what the report lists.

Each count follows from what the run counted and from the network, none from a mean over neurons, so all are exact.
``docs/counting.md`` has the rules, and what others count instead.
"""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt

from snnconv.account.network_facts import NetworkFacts
from snnconv.runs.summary import RunSummary


class AnnCounts(BaseModel):
    """Operations of the ReLU network for one image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    macs: NonNegativeInt
    """Multiply-accumulates, taps on padding left out: the rule of SynOps."""
    macs_padded: NonNegativeInt
    """With taps on padding, as most papers count."""
    parameters: NonNegativeInt | None
    """Weights and biases of convolutions and full connections, BatchNorm folded; None in older runs."""
    activations: NonNegativeInt | None
    """Values written: one for each neuron, which stands for a ReLU, and for each output of a last layer without
    neurons; None in older runs."""


class SnnCounts(BaseModel):
    """Operations of the spiking network for one image, over all steps, mean over the images."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: NonNegativeInt
    spikes: NonNegativeFloat
    synops: NonNegativeFloat
    """Synaptic operations: spikes times their real fan-out; a graded spike counts by its value."""
    macs_once: NonNegativeInt
    """Multiply-accumulates on currents: constant ones made once, changing ones at each step."""
    macs_each_step: NonNegativeInt
    """The same, with constant currents made anew at each step."""
    bias_adds: NonNegativeInt | None
    """One addition per step for each neuron, or class of a readout of current, whose input has a current of biases.

    Never multiplied by a rate. Counted where that current could be kept with the image's too. None in older runs.
    """
    membrane_adds: NonNegativeInt | None
    """One per neuron and step: the step's current is added to the membrane."""
    leaks: NonNegativeInt | None
    """One multiplication per LIF neuron and step; None in older runs."""
    comparisons: NonNegativeInt | None
    """One per neuron and step: the membrane with the threshold."""
    resets: NonNegativeFloat | None
    """One per spike."""
    pooling_adds: NonNegativeFloat | None
    """Additions in pools that no synapse stands for: of currents, and of spikes, by value, on their way to neurons or
    readout without weights between, as a mean before a readout may be.

    0 where there is no such pool: windows that weights read are part of the fan-out in `synops`, so none are counted
    twice. Constant currents are pooled once. None in older runs, and where windows share spikes unevenly, so that the
    spikes of a layer do not tell.
    """
    readout_adds: NonNegativeInt | None
    """One per class and step, from the readout's first step on; None in older runs."""


def counts_of(summary: RunSummary) -> tuple[AnnCounts, SnnCounts]:
    """Count the operations of both networks for one image, the spiking one run to its last step.

    Parameters
    ----------
    summary : RunSummary
        With at least one image.
    """
    facts, operations, steps = summary.facts, summary.operations, summary.steps
    ann = AnnCounts(
        macs=operations.ann_macs,
        macs_padded=operations.ann_macs_padded,
        parameters=None if facts is None else facts.parameters,
        activations=None if facts is None else facts.activations,
    )
    neurons = sum(layer.neurons for layer in summary.layers)
    leaky = _sum(0 if layer.leaky is False else layer.neurons if layer.leaky else None for layer in summary.layers)
    biased = _sum(layer.biased_neurons for layer in summary.layers)
    changing = operations.changing_macs_per_step * steps
    spikes = summary.spikes_per_image[str(steps)]
    snn = SnnCounts(
        steps=steps,
        spikes=spikes,
        synops=summary.synops_per_image[str(steps)],
        macs_once=operations.constant_macs + changing,
        macs_each_step=operations.constant_macs * steps + changing,
        bias_adds=None if biased is None else biased * steps,
        membrane_adds=neurons * steps,
        leaks=None if leaky is None else leaky * steps,
        comparisons=neurons * steps,
        resets=spikes,
        pooling_adds=None if facts is None else _pooling_adds(summary, facts),
        readout_adds=None if facts is None else summary.classes * max(0, steps - facts.readout_start),
    )
    return ann, snn


def _sum(values: Iterable[int | None]) -> int | None:
    """Add up; None where one is not known."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _pooling_adds(summary: RunSummary, facts: NetworkFacts) -> float | None:
    spikes = {layer.name: layer.spikes_per_image for layer in summary.layers}
    total = 0.0
    for pool in facts.pools:
        if pool.current_adds is not None:
            total += pool.current_adds * (1 if pool.constant else summary.steps)
        elif pool.adds_per_spike is None:
            return None
        else:
            total += sum(spikes[layer] * adds for layer, adds in pool.adds_per_spike.items())
    return total
