"""Prices the operations of a run: counts × pJ, with all that was left out beside it."""

from pydantic import BaseModel, ConfigDict

from snnconv.errors import RunError
from snnconv.reporting.energy.profile import AnnSide, EnergyProfile, OperationUnit, SnnSide
from snnconv.runtime.summary import RunSummary

ALWAYS_LEFT_OUT = (
    "bias additions, in both networks",
    "pooling, ReLU and shortcut additions of the ReLU network",
    "neuron updates of the spiking network: bias current, leak, threshold, reset",
)
"""What is not counted in pJ under any profile: the format has no price for it."""

_PJ_PER_UJ = 1e6
_FLOPS_PER_MAC_OF_VENDORS = 2


class EnergyEstimate(BaseModel):
    """Energy for one image, the spiking network run to its last step. An estimate, not a measurement."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile_id: str
    profile_title: str
    mixed_technology: bool
    """Whether `ratio` compares two technologies as well as two networks."""
    steps: int
    ann_macs: int
    """MACs of the ReLU network, taps on padding left out, by the same rule as SynOps."""
    ann_macs_padded: int
    """MACs of the ReLU network, taps on padding counted, as most papers do."""
    synops: float
    snn_macs: int
    """MACs of the spiking network; constant currents made once."""
    snn_macs_recomputed: int
    """MACs of the spiking network; constant currents made anew at every step."""
    ann_pj_per_mac: float | None
    snn_pj_per_synop: float | None
    snn_pj_per_mac: float | None
    ann_uj: float | None
    ann_uj_low: float | None
    ann_uj_high: float | None
    """With the ends of the price's range; both equal `ann_uj` where the profile gives none."""
    ann_uj_padded: float | None
    """`ann_macs_padded` in place of `ann_macs`."""
    ann_uj_two_flops_per_mac: float | None
    """`ann_uj` if a MAC takes two priced FLOPs; None where the price is for a MAC."""
    snn_uj: float | None
    """SynOps, and `snn_macs` where they have a price; see `not_priced` where they have none."""
    snn_uj_low: float | None
    snn_uj_high: float | None
    snn_uj_recomputed: float | None
    """`snn_macs_recomputed` in place of `snn_macs`; None where there are MACs without a price."""
    ratio: float | None
    """`ann_uj` / `snn_uj`: above 1 the spiking network takes less."""
    break_even_pj_per_synop: float | None
    """A SynOp must cost less than this for `snn_uj` to be below `ann_uj`.

    MACs of the spiking network are paid first, where they have a price. None without a price for the ReLU
    network, without SynOps, or where those MACs alone cost as much as the ReLU network.
    """
    not_priced: tuple[str, ...]
    """All that the estimate leaves out."""


def price(profile: EnergyProfile, summary: RunSummary) -> EnergyEstimate:
    """Price one image of a run.

    Parameters
    ----------
    profile : EnergyProfile
    summary : RunSummary
        SynOps are taken at its last step.

    Raises
    ------
    RunError
        If the run has no images, or no SynOps at its last step.
    """
    synops = _synops(summary)
    counts = summary.operations
    changing = counts.changing_macs_per_step * summary.steps
    macs, recomputed = counts.constant_macs + changing, counts.constant_macs * summary.steps + changing
    ann = _ann_side(profile.ann, counts.ann_macs, counts.ann_macs_padded)
    snn = _snn_side(profile.snn, synops, macs, recomputed)
    ann_uj, snn_uj = ann["ann_uj"], snn["snn_uj"]
    macs_uj = macs * (snn["snn_pj_per_mac"] or 0.0) / _PJ_PER_UJ
    left = 0.0 if ann_uj is None else ann_uj - macs_uj
    break_even = left * _PJ_PER_UJ / synops if left > 0 and synops else None
    return EnergyEstimate(
        profile_id=profile.id,
        profile_title=profile.title,
        mixed_technology=profile.mixed_technology,
        steps=summary.steps,
        ann_macs=counts.ann_macs,
        ann_macs_padded=counts.ann_macs_padded,
        synops=synops,
        snn_macs=macs,
        snn_macs_recomputed=recomputed,
        **ann,
        **snn,
        ratio=None if ann_uj is None or not snn_uj else ann_uj / snn_uj,
        break_even_pj_per_synop=break_even,
        not_priced=_not_priced(profile, counts.ann_macs, synops, macs, recomputed),
    )


def _synops(summary: RunSummary) -> float:
    if not summary.images:
        raise RunError("the run has no images, so there is nothing to price; run simulate")
    synops = summary.synops_per_image.get(str(summary.steps))
    if synops is None:
        raise RunError(f"the run's summary has no SynOps at its last step {summary.steps}; run simulate again")
    return synops


def _ann_side(side: AnnSide | None, macs: int, padded: int) -> dict[str, float | None]:
    names = (
        "ann_pj_per_mac",
        "ann_uj",
        "ann_uj_low",
        "ann_uj_high",
        "ann_uj_padded",
        "ann_uj_two_flops_per_mac",
    )
    if side is None:
        return dict.fromkeys(names)
    per_mac = side.price.pj * side.flops_per_mac
    low, high = (end * side.flops_per_mac for end in side.price.bounds)
    two = side.price.pj * _FLOPS_PER_MAC_OF_VENDORS if side.unit is OperationUnit.FLOP else None
    values = (
        per_mac,
        macs * per_mac / _PJ_PER_UJ,
        macs * low / _PJ_PER_UJ,
        macs * high / _PJ_PER_UJ,
        padded * per_mac / _PJ_PER_UJ,
        None if two is None else macs * two / _PJ_PER_UJ,
    )
    return dict(zip(names, values, strict=True))


def _snn_side(side: SnnSide | None, synops: float, macs: int, recomputed: int) -> dict[str, float | None]:
    names = ("snn_pj_per_synop", "snn_pj_per_mac", "snn_uj", "snn_uj_low", "snn_uj_high", "snn_uj_recomputed")
    if side is None:
        return dict.fromkeys(names)
    synop, mac = side.prices.synop, side.prices.mac
    mac_low, mac_high = (0.0, 0.0) if mac is None else mac.bounds
    mac_pj = None if mac is None else mac.pj
    low, high = synop.bounds
    values = (
        synop.pj,
        mac_pj,
        (synops * synop.pj + macs * (mac_pj or 0.0)) / _PJ_PER_UJ,
        (synops * low + macs * mac_low) / _PJ_PER_UJ,
        (synops * high + macs * mac_high) / _PJ_PER_UJ,
        None if mac_pj is None and recomputed else (synops * synop.pj + recomputed * (mac_pj or 0.0)) / _PJ_PER_UJ,
    )
    return dict(zip(names, values, strict=True))


def _not_priced(profile: EnergyProfile, ann_macs: int, synops: float, macs: int, recomputed: int) -> tuple[str, ...]:
    left: list[str] = []
    if profile.ann is None:
        left.append(f"the ReLU network: {ann_macs} MACs per image")
    both = f"{macs} MACs per image on currents ({recomputed} with constant currents made anew at every step)"
    if profile.snn is None:
        left.append(f"the spiking network: {synops:.0f} SynOps and {both}")
    elif profile.snn.prices.mac is None and recomputed:
        left.append(f"the spiking network's {both}")
    # in order, each once: a user's profile may name what is always left out
    return tuple(dict.fromkeys([*left, *ALWAYS_LEFT_OUT, *profile.omits]))
