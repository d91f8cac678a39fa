"""Break-even figures, put back into the counts and prices, make both networks cost the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconv.reporting.counts import SnnCounts
from snnconv.reporting.energy.load import load_profile
from snnconv.reporting.energy.price import EnergyEstimate, price
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.runs.summary_parts import ConnectionSummary, LayerSummary
from tests.reporting.energy.examples import CONNECTIONS, LAYERS, ann_counts, cost, layer, made, snn_counts, spiking

CLOSE = 1e-9  # relative
PROFILES = [load_profile(name) for name in ("cmos45-fp32", "cmos45-int32", "simple45-memory", "lemaire45")]


def _notes(found: EnergyEstimate) -> tuple[str | None, ...]:
    notes = found.break_even_notes
    return notes.pj_per_synop, notes.synops_per_mac, notes.rate


def _at_price(profile: EnergyProfile, pj: float) -> EnergyProfile:
    content = profile.model_dump()
    content["snn"]["prices"]["synop"] |= {"pj": pj, "low": None, "high": None}
    return EnergyProfile.model_validate(content)


def _network(macs: int, synops: float, spikes: float) -> tuple[SnnCounts, list[LayerSummary], list[ConnectionSummary]]:
    """Give the network of the examples with so many MACs, SynOps and spikes, its layers and its weighted nodes."""
    counts = snn_counts(synops=synops, spikes=spikes, resets=spikes)
    shares = [each.synops_per_image / 800 for each in LAYERS]
    layers = [
        each.model_copy(update={"synops_per_image": share * synops}) for each, share in zip(LAYERS, shares, strict=True)
    ]
    nodes = [
        each.model_copy(
            update={
                "synops_per_image": each.synops_per_image / 800 * synops,
                "macs": macs if each.name == "own" else 0,
            }
        )
        for each in CONNECTIONS
    ]
    return counts, layers, nodes


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.id)
@given(macs=st.integers(20_000, 10**9), synops=st.integers(1, 10**6), spikes=st.integers(1, 1000))
@settings(max_examples=40)
def test_at_the_break_even_both_take_the_same(profile: EnergyProfile, macs: int, synops: int, spikes: int) -> None:
    ann = ann_counts(macs=macs)
    network = _network(macs, synops, spikes)
    found = price(profile, ann, *network)
    if found.break_even_pj_per_synop is not None:
        there = price(_at_price(profile, found.break_even_pj_per_synop), ann, *network)
        assert there.ratio == pytest.approx(1.0, rel=CLOSE)
    if found.break_even_synops_per_mac is not None:
        there = price(profile, ann, *_network(macs, found.break_even_synops_per_mac * macs, spikes))
        assert there.ratio == pytest.approx(1.0, rel=CLOSE)
    # so many MACs leave something for SynOps at a low enough rate
    assert found.break_even_rate is not None
    times = found.break_even_rate / (spikes / (5 * 4))  # five neurons, four steps
    there = price(profile, ann, *_network(macs, times * synops, times * spikes))
    assert there.ratio == pytest.approx(1.0, rel=CLOSE)


def test_by_hand() -> None:
    profile = made(
        snn=spiking(synop=cost(1.0), mac=cost(2.0), comparison=cost(3.0), reset=cost(4.0), spike=cost(5.0)),
    )
    found = price(profile, ann_counts(), snn_counts(), LAYERS)
    # 2000 pJ of the ReLU network; 100 for MACs and 60 for comparisons stay; resets and spikes take 90, SynOps 800
    assert found.break_even_pj_per_synop == pytest.approx((2000 - 100 - 60 - 90) / 800, rel=CLOSE)
    assert found.break_even_synops_per_mac == pytest.approx((2000 - 100 - 60 - 90) / 1.0 / 1000, rel=CLOSE)
    # ten spikes of five neurons in four steps: a rate of 0.5
    assert found.break_even_rate == pytest.approx(0.5 * (2000 - 160) / 890, rel=CLOSE)


def test_none_where_the_rest_alone_costs_as_much() -> None:
    profile = made(snn=spiking(synop=cost(1.0), mac=cost(40.0)))
    found = price(profile, ann_counts(), snn_counts(), LAYERS)
    assert (found.break_even_pj_per_synop, found.break_even_synops_per_mac, found.break_even_rate) == (None, None, None)
    assert _notes(found) == ("never", "never", "never")


def test_no_price_is_another_thing_than_no_price_low_enough() -> None:
    found = price(made(ann=None), ann_counts(), snn_counts(), LAYERS)
    assert (found.break_even_pj_per_synop, found.break_even_synops_per_mac, found.break_even_rate) == (None, None, None)
    assert _notes(found) == ("unknown", "unknown", "unknown")
    older = price(load_profile("cmos45-fp32"), ann_counts(), snn_counts(bias_adds=None), LAYERS)
    assert _notes(older) == ("unknown", "unknown", "unknown")


def test_nothing_is_too_high() -> None:
    found = price(made(snn=spiking(synop=cost(0.5))), ann_counts(), snn_counts(), LAYERS)
    # 400 pJ of SynOps at a rate of 0.5 against 2000 pJ
    assert found.break_even_rate == pytest.approx(2.5, rel=CLOSE)
    assert _notes(found) == (None, None, "any")
    free = price(made(snn=spiking(synop=cost(0.0))), ann_counts(), snn_counts(), LAYERS)
    assert (free.break_even_synops_per_mac, free.break_even_rate) == (None, None)
    assert _notes(free) == (None, "any", "any")
    quiet = price(made(), ann_counts(), snn_counts(synops=0.0, spikes=0.0, resets=0.0), LAYERS)
    assert _notes(quiet) == ("any", "unknown", "unknown")


def test_without_a_price_of_a_synop_there_is_no_break_even_in_synops() -> None:
    found = price(made(snn=spiking(comparison=cost(1.0))), ann_counts(), snn_counts(), LAYERS)
    assert (found.break_even_synops_per_mac, found.break_even_rate) == (None, None)
    assert found.break_even_pj_per_synop == pytest.approx((2000 - 20) / 800, rel=CLOSE)


def test_without_layers_there_is_no_rate() -> None:
    found = price(made(), ann_counts(), snn_counts(), [layer(neurons=0)])
    assert found.break_even_rate is None
    assert found.break_even_synops_per_mac is not None
