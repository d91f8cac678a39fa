"""Energies worked out by hand, and laws that hold for all counts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.estimate import BreakEvenNote, BreakEvenNotes, EnergyEstimate, EnergySide
from snnconv.reporting.energy.load import builtin_profiles, load_profile
from snnconv.reporting.energy.price import ALWAYS_LEFT_OUT, price
from snnconv.reporting.energy.profile import EnergyProfile
from tests.reporting.energy.examples import LAYERS, ann_counts, cost, layer, made, snn_counts, spiking

EXACT = 1e-12  # relative: a few float operations
PER_PJ = 1e-6  # µJ


def _price(profile: EnergyProfile, ann: AnnCounts | None = None, snn: SnnCounts | None = None) -> EnergyEstimate:
    return price(profile, ann or ann_counts(), snn or snn_counts(), LAYERS)


def _snn(found: EnergyEstimate) -> EnergySide:
    assert found.snn is not None
    return found.snn


def _counts(side: EnergySide) -> dict[str, tuple[float, float | None]]:
    return {line.operation: (line.count, line.pj) for line in side.lines}


def test_every_operation_of_the_spiking_network_is_priced_by_its_own_count() -> None:
    found = _price(load_profile("cmos45-fp32"), snn=snn_counts(leaks=20, pooling_adds=6.0))
    assert _counts(_snn(found)) == {
        "synop": (800, 0.9),
        "mac": (50, 4.6),
        "bias_add": (16, 0.9),
        "membrane_add": (20, 0.9),
        "leak": (20, 3.7),
        "comparison": (20, 0.9),
        "reset": (10, 0.9),
        "pooling_add": (6, 0.9),
        "readout_add": (12, 0.9),
        "spike": (10, None),
    }
    adds = 800 + 16 + 20 + 20 + 10 + 6 + 12
    assert _snn(found).uj == pytest.approx((adds * 0.9 + 50 * 4.6 + 20 * 3.7) * PER_PJ, rel=EXACT)
    again = _snn(found).uj + (200 - 50) * 4.6 * PER_PJ
    assert found.snn_uj_recomputed == pytest.approx(again, rel=EXACT)
    assert found.not_priced == (
        "10 spikes sent to their readers per image of the spiking network",
        *ALWAYS_LEFT_OUT,
        *load_profile("cmos45-fp32").omits,
    )


def test_the_relu_network() -> None:
    found = _price(load_profile("cmos45-fp32"))
    assert found.ann is not None
    assert _counts(found.ann) == {"mac": (1000, 4.6)}
    assert found.ann.uj == pytest.approx(4600 * PER_PJ, rel=EXACT)
    assert found.ann_uj_padded == pytest.approx(5060 * PER_PJ, rel=EXACT)
    assert (found.ann.technology, found.ann.technology_nm) == ("45 nm CMOS", 45)
    assert found.ratio == pytest.approx(found.ann.uj / _snn(found).uj, rel=EXACT)


def test_a_neuron_update_stands_for_what_a_neuron_does_in_a_step() -> None:
    found = _price(made(snn=spiking(synop=cost(1.0), neuron_update=cost(5.0, low=3.0), spike=cost(2.0))))
    assert _counts(_snn(found)) == {
        "synop": (800, 1.0),
        "mac": (50, None),
        "readout_add": (12, None),
        "neuron_update": (20, 5.0),
        "spike": (10, 2.0),
    }
    assert _snn(found).uj == pytest.approx((800 + 100 + 20) * PER_PJ, rel=EXACT)
    assert _snn(found).uj_low == pytest.approx((800 + 60 + 20) * PER_PJ, rel=EXACT)
    assert found.not_priced[:2] == (
        "50 MACs on currents per image of the spiking network (200 with constant currents made anew at every step)",
        "12 additions of the readout per image of the spiking network",
    )
    assert found.snn_uj_recomputed is None


def test_without_a_price_is_a_line_without_energy_and_never_0() -> None:
    lines = {line.operation: line for line in _snn(_price(made())).lines}
    assert [name for name, line in lines.items() if line.uj is not None] == ["synop"]
    assert lines["comparison"].count == 20
    assert (lines["comparison"].uj_low, lines["comparison"].status, lines["comparison"].source) == (None, None, None)
    assert "leak" not in lines  # there are none


def test_what_an_older_run_did_not_count_is_said() -> None:
    names = ("bias_adds", "membrane_adds", "leaks", "comparisons", "resets", "pooling_adds", "readout_adds")
    found = _price(load_profile("cmos45-fp32"), snn=snn_counts(**dict.fromkeys(names)))
    assert set(_counts(_snn(found))) == {"synop", "mac", "spike"}
    left = [text for text in found.not_priced if "not counted in this run" in text]
    assert len(left) == len(names)
    assert left[0] == "additions of a bias of the spiking network: not counted in this run, which is older"


def test_flops_are_not_macs() -> None:
    side = {"technology": "chip", "unit": "FLOP", "flops_per_mac": 2, "prices": {"flop": cost(3.0)}}
    found = _price(made(ann=side))
    assert found.ann is not None
    assert _counts(found.ann) == {"flop": (2000, 3.0)}
    assert found.ann.uj == found.ann_uj_two_flops_per_mac == pytest.approx(6000 * PER_PJ, rel=EXACT)
    once = _price(made(ann=side | {"flops_per_mac": 1}))
    assert once.ann is not None
    assert once.ann.uj == pytest.approx(3000 * PER_PJ, rel=EXACT)
    assert once.ann_uj_two_flops_per_mac == found.ann.uj
    assert _price(made()).ann_uj_two_flops_per_mac is None


@pytest.mark.parametrize(("steps", "bits"), [(1, 1), (3, 2), (4, 3), (7, 3), (8, 4), (255, 8), (256, 9), (65536, 17)])
def test_the_quantised_twin_has_a_level_for_each_number_of_spikes(steps: int, bits: int) -> None:
    assert 2 ** (bits - 1) < steps + 1 <= 2**bits
    entries = [{"max_bits": each, "mac": cost(float(each))} for each in range(1, 17)]
    found = _price(made(quantised={"technology": "chip", "prices": entries}), snn=snn_counts(steps=steps))
    if bits > 16:
        assert (found.quantised, found.ratio_quantised) == (None, None)
        assert (found.quantised_bits, found.quantised_priced_bits) == (bits, None)
        return
    assert found.quantised is not None
    assert (found.quantised_bits, found.quantised_priced_bits) == (bits, bits)
    assert _counts(found.quantised) == {"mac": (1000, bits)}
    assert found.ratio_quantised == pytest.approx(1000 * bits * PER_PJ / _snn(found).uj, rel=EXACT)


def test_more_than_8_bits_have_no_price_in_8_bit_arithmetic() -> None:
    found = [_price(load_profile("cmos45-int8"), snn=snn_counts(steps=steps)) for steps in (64, 255, 256)]
    assert [(one.quantised_bits, one.quantised_priced_bits) for one in found] == [(7, 8), (8, 8), (9, None)]
    _, eight, nine = (one.quantised for one in found)
    assert eight is not None
    assert eight.uj == pytest.approx(230 * PER_PJ, rel=EXACT)
    assert (nine, found[-1].ratio_quantised) == (None, None)


def test_one_side_alone() -> None:
    found = _price(made(snn=None))
    assert (found.snn, found.ratio, found.snn_uj_recomputed) == (None, None, None)
    assert (found.break_even_rate, found.break_even_synops_per_mac) == (None, None)
    # what else the spiking network does has no price, so neither has a SynOp a limit
    assert found.break_even_pj_per_synop is None
    assert found.not_priced[0] == (
        "the spiking network: 800 SynOps and 50 MACs on currents per image, and what its neurons do"
    )
    other = _price(made(ann=None))
    assert (other.ann, other.ann_uj_padded, other.ratio, other.break_even_rate) == (None, None, None, None)
    assert other.not_priced[0] == "the ReLU network: 1,000 MACs per image"


def test_what_is_left_out_stands_once() -> None:
    found = _price(made(omits=["static power", ALWAYS_LEFT_OUT[0]]))
    assert found.not_priced[-2:] == (ALWAYS_LEFT_OUT[0], "static power")


def test_ranges_of_both_sides() -> None:
    ann = {"technology": "chip", "unit": "MAC", "prices": {"mac": cost(2.0, low=1.0, high=3.0)}}
    found = _price(made(ann=ann, snn=spiking(synop=cost(1.0, high=4.0), mac=cost(5.0, low=2.0))))
    assert found.ann is not None
    assert (found.ann.uj_low, found.ann.uj_high) == pytest.approx((1000 * PER_PJ, 3000 * PER_PJ), rel=EXACT)
    expected = ((800 + 100) * PER_PJ, (3200 + 250) * PER_PJ)
    assert (_snn(found).uj_low, _snn(found).uj_high) == pytest.approx(expected, rel=EXACT)


def test_a_silent_network_has_no_break_even_in_synops() -> None:
    silent = snn_counts(synops=0.0, spikes=0.0, resets=0.0)
    found = price(load_profile("cmos45-fp32"), ann_counts(), silent, [layer(spikes_per_image=0.0)])
    assert (found.break_even_pj_per_synop, found.break_even_synops_per_mac, found.break_even_rate) == (None, None, None)
    assert _snn(found).uj > 0  # its neurons are updated all the same
    assert "reset" not in _counts(_snn(found))
    assert _counts(_snn(found))["synop"] == (0.0, 0.9)


_ANN_FIELDS = ("macs", "macs_padded", "parameters", "activations")
_SNN_FIELDS = (*("spikes", "synops", "macs_once", "macs_each_step", "bias_adds", "membrane_adds"), "leaks")
_SNN_FIELDS += ("comparisons", "resets", "readout_adds")


@given(
    counts=st.lists(st.integers(0, 10**9), min_size=len(_SNN_FIELDS), max_size=len(_SNN_FIELDS)),
    macs=st.integers(1, 10**10),
    factor=st.integers(1, 1000),
    profile=st.sampled_from([made for made in builtin_profiles() if made.memory is None]),
)
def test_energy_is_proportional_to_the_counts(
    counts: list[int], macs: int, factor: int, profile: EnergyProfile
) -> None:
    one = dict(zip(_SNN_FIELDS, counts, strict=True))
    many: dict[str, Any] = {name: factor * count for name, count in one.items()}
    first = _price(profile, ann_counts(macs=macs), snn_counts(**one))
    second = _price(profile, ann_counts(macs=factor * macs), snn_counts(**many))
    for before, after in ((first.ann, second.ann), (first.snn, second.snn), (first.quantised, second.quantised)):
        assert (before is None) == (after is None)
        if before is not None and after is not None:
            assert after.uj == pytest.approx(factor * before.uj, rel=1e-9)
            assert after.uj_low == pytest.approx(factor * before.uj_low, rel=1e-9)
            assert after.uj_high == pytest.approx(factor * before.uj_high, rel=1e-9)
    assert (first.ratio or 0.0) == pytest.approx(second.ratio or 0.0, rel=1e-9)


def test_sums_that_lack_something_are_not_compared() -> None:
    """An older run has not counted additions of biases; profiles that price them have no ratio then."""
    older = snn_counts().model_copy(update={"bias_adds": None})
    for name in ("lemaire45", "simple45-memory", "cmos45-fp32"):
        found = _price(load_profile(name), snn=older)
        assert _snn(found).uj > 0
        assert not _snn(found).counted
        assert found.ratio is None
        assert found.break_even_pj_per_synop is None
        assert found.break_even_synops_per_mac is None
        assert found.break_even_rate is None
    # what has no price is no part of the sum
    found = _price(load_profile("hu2021"), snn=older)
    assert found.ratio is not None
    assert _snn(found).counted


def test_pools_that_share_spikes_unevenly_are_said_in_newer_runs_too() -> None:
    found = _price(load_profile("cmos45-fp32"), snn=snn_counts(pooling_adds=None))
    assert "additions in pools of the spiking network: not counted, windows share spikes unevenly" in found.not_priced
    # repeating the run would not count them
    assert _snn(found).counted
    assert found.ratio is not None


def test_a_ratio_without_a_price_for_macs_on_currents_says_so() -> None:
    assert _price(load_profile("hu2021")).lacks_macs
    assert not _price(load_profile("cmos45-fp32")).lacks_macs
    assert not _price(load_profile("hu2021"), snn=snn_counts(macs_once=0, macs_each_step=0)).lacks_macs
    # without a ratio nothing is compared
    assert not _price(load_profile("loihi1")).lacks_macs


def test_nothing_is_compared_with_a_relu_network_without_macs() -> None:
    """Where all layers are pools: what has no price is not 0, so no ratio and no break-even follows from it."""
    profile = load_profile("cmos45-fp32")
    found = _price(profile, ann_counts(macs=0, macs_padded=0))
    assert (found.ratio, found.ratio_quantised) == (None, None)
    assert found.break_even_notes == BreakEvenNotes(**dict.fromkeys(BreakEvenNotes.model_fields, BreakEvenNote.UNKNOWN))
    assert _price(profile).ratio is not None
