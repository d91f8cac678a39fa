"""Where the spiking network takes as much as the ReLU network."""

from collections.abc import Sequence
from typing import NamedTuple

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.estimate import BreakEvenNote
from snnconv.reporting.energy.items import Account, Grows
from snnconv.runs.summary import LayerSummary

_PJ_PER_UJ = 1e6


class BreakEven(NamedTuple):
    """A figure, and what there is to say of it."""

    value: float | None
    note: BreakEvenNote | None = None
    """None: the figure says it all."""


_UNKNOWN = BreakEven(None, BreakEvenNote.UNKNOWN)
_NEVER = BreakEven(None, BreakEvenNote.NEVER)
_ANY = BreakEven(None, BreakEvenNote.ANY)


def pj_per_synop(ann_uj: float | None, snn: Account, counts: SnnCounts) -> BreakEven:
    """Give the price of a SynOp, in pJ, at which both take the same; all other operations are paid first."""
    if ann_uj is None or not snn.counted:
        return _UNKNOWN
    left = ann_uj - (snn.uj() - sum(item.uj[0] for item in snn.items if item.operation == "synop"))
    if left <= 0:
        return _NEVER
    return BreakEven(left * _PJ_PER_UJ / counts.synops) if counts.synops else _ANY


def synops_per_mac(ann_uj: float | None, snn: Account, ann: AnnCounts, counts: SnnCounts) -> BreakEven:
    """Give the SynOps per MAC at which both take the same; what does not grow with SynOps stays as it is."""
    if not ann.macs or not counts.synops:
        return _UNKNOWN
    return _scaled(ann_uj, snn, (Grows.WITH_SYNOPS,), counts.synops / ann.macs)


def rate(ann_uj: float | None, snn: Account, counts: SnnCounts, layers: Sequence[LayerSummary]) -> BreakEven:
    """Give the mean rate, in spikes per neuron and step, at which both take the same."""
    places = counts.steps * sum(layer.neurons for layer in layers)
    if not places or not counts.spikes:
        return _UNKNOWN
    found = _scaled(ann_uj, snn, (Grows.WITH_SYNOPS, Grows.WITH_SPIKES), counts.spikes / places)
    # a neuron that fires at every step is as fast as it can be
    return BreakEven(found.value, BreakEvenNote.ANY) if found.value is not None and found.value > 1 else found


def _scaled(ann_uj: float | None, snn: Account, grows: Sequence[Grows], now: float) -> BreakEven:
    """Scale a figure until what grows with it fills what the ReLU network takes; unknown if SynOps have no price."""
    priced = any(item.operation == "synop" and item.price is not None for item in snn.items)
    if ann_uj is None or not snn.counted or not priced:
        return _UNKNOWN
    scaled = snn.uj(*grows)
    left = ann_uj - (snn.uj() - scaled)
    if left <= 0:
        return _NEVER
    return BreakEven(now * left / scaled) if scaled else _ANY
