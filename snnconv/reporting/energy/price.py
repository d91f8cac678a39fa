"""Prices the operations of a run: counts × pJ, with all that was left out beside it."""

from collections.abc import Sequence

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy import break_even
from snnconv.reporting.energy.accesses import ann_accesses, snn_accesses
from snnconv.reporting.energy.estimate import BreakEvenNotes, EnergyEstimate, EnergyLine, EnergySide
from snnconv.reporting.energy.items import Account, Item, Run
from snnconv.reporting.energy.operations import ALWAYS_LEFT_OUT, ann_account, snn_account, without_side
from snnconv.reporting.energy.parts import OperationUnit
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.reporting.energy.sides import QuantisedPrice
from snnconv.runs.summary_parts import ConnectionSummary, LayerSummary

__all__ = ["ALWAYS_LEFT_OUT", "EnergyEstimate", "EnergyLine", "EnergySide", "price"]

_FLOPS_PER_MAC_OF_VENDORS = 2.0


def price(
    profile: EnergyProfile,
    ann: AnnCounts,
    snn: SnnCounts,
    layers: Sequence[LayerSummary],
    connections: Sequence[ConnectionSummary] | None = None,
) -> EnergyEstimate:
    """Price one image of a run.

    Parameters
    ----------
    profile : EnergyProfile
    ann : AnnCounts
        Of the ReLU network.
    snn : SnnCounts
        Of the spiking network, over all its steps.
    layers : sequence of LayerSummary
        At the last step. Their sizes are those of memories; without them there is no break-even rate.
    connections : sequence of ConnectionSummary, optional
        The weighted nodes, whose weights have memories; None in runs of older versions.
    """
    run = Run(ann, snn, layers, connections)
    dense = _ann(profile, run)
    spiking = _snn(profile, run)
    twin_price = _twin_price(profile, snn)
    twin = None if twin_price is None else Account((Item("mac", ann.macs, twin_price.mac),))
    # a sum that lacks something is not compared with one that does not; MACs are all that is priced of a ReLU network
    ann_uj = None if dense is None or not dense.counted or not ann.macs else dense.uj()
    snn_uj = None if spiking is None or not spiking.counted else spiking.uj()
    twin_uj = None if twin is None or not ann.macs else twin.uj()
    # without a price for what else the spiking network does, a SynOp cannot be weighed against the ReLU network
    others = Account((), counted=False) if spiking is None else spiking
    per_synop = break_even.pj_per_synop(ann_uj, others, snn)
    per_mac = break_even.synops_per_mac(ann_uj, others, ann, snn)
    rate = break_even.rate(ann_uj, others, snn, layers)
    return EnergyEstimate(
        profile_id=profile.id,
        profile_title=profile.title,
        kind=profile.kind,
        mixed_technology=profile.mixed_technology,
        steps=snn.steps,
        ann=None if dense is None or profile.ann is None else dense.side(profile.ann),
        snn=None if spiking is None or profile.snn is None else spiking.side(profile.snn),
        quantised=None if twin is None or profile.quantised is None else twin.side(profile.quantised),
        quantised_bits=_twin_bits(snn),
        quantised_priced_bits=None if twin_price is None else twin_price.max_bits,
        ann_uj_padded=_padded(profile, run),
        ann_uj_two_flops_per_mac=_two_flops(profile, run),
        snn_uj_recomputed=_recomputed(profile, run),
        ratio=None if ann_uj is None or not snn_uj else ann_uj / snn_uj,
        ratio_quantised=None if twin_uj is None or not snn_uj else twin_uj / snn_uj,
        break_even_pj_per_synop=per_synop.value,
        break_even_synops_per_mac=per_mac.value,
        break_even_rate=rate.value,
        break_even_notes=BreakEvenNotes(pj_per_synop=per_synop.note, synops_per_mac=per_mac.note, rate=rate.note),
        not_priced=_not_priced(profile, ann, snn, dense, spiking),
    )


def _ann(profile: EnergyProfile, run: Run, padded: bool = False) -> Account | None:
    if profile.ann is None:
        return None
    counts = run.ann.model_copy(update={"macs": run.ann.macs_padded}) if padded else run.ann
    made = ann_account(profile.ann, counts)
    return made if profile.memory is None else _both(made, ann_accesses(profile.memory, run, padded))


def _snn(profile: EnergyProfile, run: Run, each_step: bool = False) -> Account | None:
    if profile.snn is None:
        return None
    counts = run.snn.model_copy(update={"macs_once": run.snn.macs_each_step}) if each_step else run.snn
    # with a memory for membranes a SynOp is added there at once, so no sum is added once more at each step
    made = snn_account(profile.snn.prices, counts, at_once=profile.memory is not None)
    return made if profile.memory is None else _both(made, snn_accesses(profile.memory, run, each_step))


def _both(first: Account, second: Account) -> Account:
    return Account(first.items + second.items, first.left_out + second.left_out, first.counted and second.counted)


def _twin_bits(snn: SnnCounts) -> int:
    """Give the bits of the twin of T steps: its activations have T + 1 levels, so ceil(log2(T + 1))."""
    return snn.steps.bit_length()


def _twin_price(profile: EnergyProfile, snn: SnnCounts) -> QuantisedPrice | None:
    return None if profile.quantised is None or not snn.steps else profile.quantised.price(_twin_bits(snn))


def _padded(profile: EnergyProfile, run: Run) -> float | None:
    made = _ann(profile, run, padded=True)
    return None if made is None or not made.counted else made.uj()


def _two_flops(profile: EnergyProfile, run: Run) -> float | None:
    if profile.ann is None or profile.ann.unit is not OperationUnit.FLOP:
        return None
    side = profile.ann.model_copy(update={"flops_per_mac": _FLOPS_PER_MAC_OF_VENDORS})
    made = _ann(profile.model_copy(update={"ann": side}), run)
    return None if made is None or not made.counted else made.uj()


def _recomputed(profile: EnergyProfile, run: Run) -> float | None:
    if profile.snn is None or (profile.snn.prices.mac is None and run.snn.macs_each_step):
        return None
    made = _snn(profile, run, each_step=True)
    return None if made is None or not made.counted else made.uj()


def _not_priced(
    profile: EnergyProfile, ann: AnnCounts, snn: SnnCounts, dense: Account | None, spiking: Account | None
) -> tuple[str, ...]:
    left = [f"the ReLU network: {ann.macs:,} MACs per image"] if dense is None else list(dense.left_out)
    left += [without_side(snn)] if spiking is None else spiking.left_out
    # in order, each once: a user's profile may name what is always left out
    return tuple(dict.fromkeys([*left, *ALWAYS_LEFT_OUT, *profile.omits]))
