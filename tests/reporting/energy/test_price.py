import re
from typing import Any

import pytest

from snnconv.errors import RunError
from snnconv.reporting.energy.load import load_profile
from snnconv.reporting.energy.price import ALWAYS_LEFT_OUT, price
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.runtime.summary import RunSummary

MILLI = 1e3  # µJ in a mJ
TWO_DECIMALS = 0.0051  # expected values are rounded to two decimals, one of them at an exact half
EXACT = 1e-12  # relative: a few float operations


def _run(summary: dict[str, Any], synops: float, operations: tuple[int, int, int, int]) -> RunSummary:
    names = ("ann_macs", "ann_macs_padded", "constant_macs", "changing_macs_per_step")
    return RunSummary.model_validate(
        summary
        | {
            "synops_per_image": {"1": 1.0, "2": 2.0, "4": synops},
            "operations": dict(zip(names, operations, strict=True)),
        }
    )


def _as_published(summary: dict[str, Any], giga_macs: float, giga_synops: float) -> RunSummary:
    macs = round(giga_macs * 1e9)
    return _run(summary, giga_synops * 1e9, (macs, macs, 0, 0))


@pytest.mark.parametrize(
    ("giga_macs", "giga_synops", "ann_mj", "snn_mj", "ratio"),
    [(1.82, 33.13, 22.75, 2.55, 8.92), (3.67, 65.28, 45.88, 5.03, 9.13), (4.12, 78.29, 51.50, 6.03, 8.54)],
)
def test_hu_et_al_section_4_4(
    summary: dict[str, Any], giga_macs: float, giga_synops: float, ann_mj: float, snn_mj: float, ratio: float
) -> None:
    found = price(load_profile("hu2021"), _as_published(summary, giga_macs, giga_synops))
    assert found.ann_uj == pytest.approx(ann_mj * MILLI, abs=TWO_DECIMALS * MILLI)
    assert found.snn_uj == pytest.approx(snn_mj * MILLI, abs=TWO_DECIMALS * MILLI)
    assert found.ratio == pytest.approx(ratio, abs=TWO_DECIMALS)
    assert found.ann_uj is not None
    assert found.ann_uj_two_flops_per_mac == pytest.approx(2 * found.ann_uj, rel=EXACT)
    assert found.mixed_technology


def test_one_technology_turns_the_result_round(summary: dict[str, Any]) -> None:
    found = price(load_profile("cmos45-fp32"), _as_published(summary, 1.82, 33.13))
    assert found.ann_uj == pytest.approx(8.37 * MILLI, abs=TWO_DECIMALS * MILLI)
    assert found.snn_uj == pytest.approx(29.82 * MILLI, abs=TWO_DECIMALS * MILLI)
    assert found.ratio == pytest.approx(0.28, abs=TWO_DECIMALS)
    assert found.break_even_pj_per_synop == pytest.approx(0.25, abs=TWO_DECIMALS)
    assert found.ann_uj_two_flops_per_mac is None
    assert not found.mixed_technology


def test_loihi_prices_the_spiking_network_alone(summary: dict[str, Any]) -> None:
    found = price(load_profile("loihi1"), _as_published(summary, 1.82, 33.13))
    assert found.snn_uj == pytest.approx(782 * MILLI, abs=0.5 * MILLI)  # given without decimals
    assert found.ann_uj is None
    assert found.ratio is None
    assert found.break_even_pj_per_synop is None
    assert not found.mixed_technology
    assert found.not_priced[0] == "the ReLU network: 1820000000 MACs per image"


def test_macs_of_the_spiking_network_once_and_at_every_step(summary: dict[str, Any]) -> None:
    # 4 steps: 50 once or 200 in all, and 7 at each step
    found = price(load_profile("cmos45-fp32"), _run(summary, 800.0, (1000, 1100, 50, 7)))
    assert (found.snn_macs, found.snn_macs_recomputed) == (78, 228)
    assert found.ann_uj == pytest.approx(4600e-6, rel=EXACT)
    assert found.ann_uj_padded == pytest.approx(5060e-6, rel=EXACT)
    assert found.snn_uj == pytest.approx((720 + 78 * 4.6) * 1e-6, rel=EXACT)
    assert found.snn_uj_recomputed == pytest.approx((720 + 228 * 4.6) * 1e-6, rel=EXACT)
    # what remains of the ReLU network's energy after the 78 MACs, for 800 SynOps
    assert found.break_even_pj_per_synop == pytest.approx((4600 - 78 * 4.6) / 800, rel=EXACT)
    assert found.not_priced == (*ALWAYS_LEFT_OUT, *load_profile("cmos45-fp32").omits)


def test_at_the_break_even_price_both_take_the_same(summary: dict[str, Any]) -> None:
    run = _run(summary, 800.0, (1000, 1100, 50, 7))
    profile = load_profile("cmos45-fp32")
    content = profile.model_dump()
    content["snn"]["prices"]["synop"]["pj"] = price(profile, run).break_even_pj_per_synop
    assert price(EnergyProfile.model_validate(content), run).ratio == pytest.approx(1.0, rel=EXACT)


def test_no_price_pays_off_where_the_macs_alone_cost_as_much(summary: dict[str, Any]) -> None:
    run = _run(summary, 800.0, (1000, 1100, 200, 200))
    assert price(load_profile("cmos45-fp32"), run).break_even_pj_per_synop is None


@pytest.mark.parametrize("profile_id", ["hu2021", "loihi1"])
def test_macs_without_a_price_are_named_with_their_count(summary: dict[str, Any], profile_id: str) -> None:
    found = price(load_profile(profile_id), _run(summary, 800.0, (1000, 1100, 50, 7)))
    named = "the spiking network's 78 MACs per image on currents (228 with constant currents made anew at every step)"
    assert named in found.not_priced
    assert found.snn_pj_per_mac is None
    assert found.snn_uj_recomputed is None
    assert found.snn_uj == pytest.approx(800 * (found.snn_pj_per_synop or 0.0) * 1e-6, rel=EXACT)
    assert found.not_priced[-4:] == load_profile(profile_id).omits


def test_without_such_macs_nothing_of_them_is_said(summary: dict[str, Any]) -> None:
    found = price(load_profile("hu2021"), _run(summary, 800.0, (1000, 1100, 0, 0)))
    assert found.not_priced == (*ALWAYS_LEFT_OUT, *load_profile("hu2021").omits)
    assert found.snn_uj_recomputed == found.snn_uj


def test_a_profile_without_a_spiking_side(summary: dict[str, Any]) -> None:
    content = load_profile("cmos45-fp32").model_dump() | {
        "snn": None,
        "omits": ["static power", ALWAYS_LEFT_OUT[0]],
    }
    found = price(EnergyProfile.model_validate(content), _run(summary, 800.0, (1000, 1100, 50, 7)))
    assert found.ann_uj == pytest.approx(4600e-6, rel=EXACT)
    assert found.snn_uj is None
    assert found.ratio is None
    # what a SynOp may cost is known all the same
    assert found.break_even_pj_per_synop == pytest.approx(5.75, rel=EXACT)
    assert found.not_priced == (
        "the spiking network: 800 SynOps and 78 MACs per image on currents "
        "(228 with constant currents made anew at every step)",
        *ALWAYS_LEFT_OUT,
        "static power",
    )


def test_ranges(summary: dict[str, Any]) -> None:
    content = load_profile("cmos45-fp32").model_dump()
    content["ann"]["prices"]["mac"]["low"] = 4.0
    content["snn"]["prices"]["synop"]["high"] = 2.0
    content["snn"]["prices"]["mac"]["high"] = 5.0
    found = price(EnergyProfile.model_validate(content), _run(summary, 800.0, (1000, 1100, 50, 7)))
    assert (found.ann_uj_low, found.ann_uj_high) == pytest.approx((4000e-6, 4600e-6), rel=EXACT)
    expected = ((720 + 78 * 4.6) * 1e-6, (1600 + 78 * 5) * 1e-6)
    assert (found.snn_uj_low, found.snn_uj_high) == pytest.approx(expected, rel=EXACT)


def test_two_flops_per_mac_in_the_profile(summary: dict[str, Any]) -> None:
    content = load_profile("hu2021").model_dump()
    content["ann"]["flops_per_mac"] = 2
    found = price(EnergyProfile.model_validate(content), _run(summary, 800.0, (1000, 1100, 0, 0)))
    assert found.ann_pj_per_mac == 25.0
    assert found.ann_uj == found.ann_uj_two_flops_per_mac == pytest.approx(25000e-6, rel=EXACT)
    assert (found.ann_uj_low, found.ann_uj_high) == (found.ann_uj, found.ann_uj)


def test_a_silent_network_has_no_break_even(summary: dict[str, Any]) -> None:
    found = price(load_profile("hu2021"), _run(summary, 0.0, (1000, 1100, 0, 0)))
    assert (found.snn_uj, found.ratio, found.break_even_pj_per_synop) == (0.0, None, None)


def test_a_run_without_images_is_refused(summary: dict[str, Any]) -> None:
    run = RunSummary.model_validate(summary | {"images": 0})
    with pytest.raises(RunError, match=re.escape("the run has no images, so there is nothing to price; run simulate")):
        price(load_profile("hu2021"), run)


def test_a_summary_without_its_last_step_is_refused(summary: dict[str, Any]) -> None:
    run = RunSummary.model_validate(summary | {"synops_per_image": {"1": 1.0}})
    with pytest.raises(RunError, match=re.escape("the run's summary has no SynOps at its last step 4")):
        price(load_profile("hu2021"), run)
