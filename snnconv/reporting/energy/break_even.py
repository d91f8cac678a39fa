"""Where the spiking network takes as much as the ReLU network."""

from collections.abc import Sequence

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.items import Account, Grows
from snnconv.runtime.summary import LayerSummary

_PJ_PER_UJ = 1e6


def pj_per_synop(ann_uj: float | None, snn: Account, counts: SnnCounts) -> float | None:
    """Give the price of a SynOp, in pJ, at which both take the same; all other operations are paid first."""
    if ann_uj is None or not snn.counted or not counts.synops:
        return None
    left = ann_uj - (snn.uj() - sum(item.uj[0] for item in snn.items if item.operation == "synop"))
    return left * _PJ_PER_UJ / counts.synops if left > 0 else None


def synops_per_mac(ann_uj: float | None, snn: Account, ann: AnnCounts, counts: SnnCounts) -> float | None:
    """Give the SynOps per MAC at which both take the same; what does not grow with SynOps stays as it is."""
    factor = _factor(ann_uj, snn, (Grows.WITH_SYNOPS,))
    if factor is None or not ann.macs or not counts.synops:
        return None
    return factor * counts.synops / ann.macs


def rate(ann_uj: float | None, snn: Account, counts: SnnCounts, layers: Sequence[LayerSummary]) -> float | None:
    """Give the mean rate, in spikes per neuron and step, at which both take the same."""
    factor = _factor(ann_uj, snn, (Grows.WITH_SYNOPS, Grows.WITH_SPIKES))
    places = counts.steps * sum(layer.neurons for layer in layers)
    if factor is None or not places or not counts.spikes:
        return None
    return factor * counts.spikes / places


def _factor(ann_uj: float | None, snn: Account, grows: Sequence[Grows]) -> float | None:
    """Give how many times as many operations that grow so there may be; None where their SynOps have no price."""
    scaled = snn.uj(*grows)
    priced = any(item.operation == "synop" and item.price is not None for item in snn.items)
    if ann_uj is None or not snn.counted or not priced or not scaled:
        return None
    left = ann_uj - (snn.uj() - scaled)
    return left / scaled if left > 0 else None
