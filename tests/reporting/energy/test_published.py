"""Energies that papers print, from their own counts."""

import pytest

from snnconv.reporting.energy.estimate import EnergyEstimate, EnergySide
from snnconv.reporting.energy.load import load_profile
from snnconv.reporting.energy.price import price
from tests.reporting.energy.examples import ann_counts, synops_alone

MILLI = 1e3  # µJ in a mJ


def _priced(profile_id: str, macs: float, synops: float) -> tuple[EnergyEstimate, EnergySide, EnergySide]:
    ann = ann_counts(macs=round(macs), macs_padded=round(macs))
    found = price(load_profile(profile_id), ann, synops_alone(synops), ())
    assert found.ann is not None
    assert found.snn is not None
    return found, found.ann, found.snn


@pytest.mark.parametrize(
    ("giga_macs", "giga_synops", "ann_mj", "snn_mj", "ratio"),
    [
        (1.82, 33.13, "22.75", "2.55", "8.92"),
        (3.67, 65.28, "45.88", "5.03", "9.13"),
        (4.12, 78.29, "51.50", "6.03", "8.54"),
    ],
)
def test_hu_et_al_section_4_4(giga_macs: float, giga_synops: float, ann_mj: str, snn_mj: str, ratio: str) -> None:
    """To two decimals, halves up; ratios are of the energies before rounding."""
    found, ann, snn = _priced("hu2021", giga_macs * 1e9, giga_synops * 1e9)
    # 45.875 is an exact half; 1e-9 is far above the error of a few float operations
    assert f"{ann.uj / MILLI + 1e-9:.2f}" == ann_mj
    assert f"{snn.uj / MILLI + 1e-9:.2f}" == snn_mj
    assert f"{found.ratio:.2f}" == ratio
    assert found.ann_uj_two_flops_per_mac == pytest.approx(2 * ann.uj)
    assert found.mixed_technology
    # they say that the ratio is more than 9 at all three depths
    assert (found.ratio is not None and found.ratio > 9) == (giga_macs == 3.67)


@pytest.mark.parametrize(
    ("giga_macs", "giga_synops", "ratio"), [(1.82, 33.13, "0.28"), (3.67, 65.28, "0.29"), (4.12, 78.29, "0.27")]
)
def test_one_technology_turns_their_result_round(giga_macs: float, giga_synops: float, ratio: str) -> None:
    found, _, _ = _priced("cmos45-fp32", giga_macs * 1e9, giga_synops * 1e9)
    assert f"{found.ratio:.2f}" == ratio
    assert found.ann_uj_two_flops_per_mac is None
    assert not found.mixed_technology


@pytest.mark.parametrize(
    ("giga_macs", "giga_synops", "ann_mj", "snn_mj", "ratio"),
    [(3.53, 4.77, 16.22, 4.29, 3.78), (11.79, 11.32, 54.24, 10.19, 5.32)],
)
def test_ms_resnet_table_v_on_imagenet(
    giga_macs: float, giga_synops: float, ann_mj: float, snn_mj: float, ratio: float
) -> None:
    """Counts are printed to 0.01 G, so energies are known to 0.005 G times the price, and half a digit of their own."""
    found, ann, snn = _priced("cmos45-fp32", giga_macs * 1e9, giga_synops * 1e9)
    assert abs(ann.uj / MILLI - ann_mj) < 0.005 * 4.6 + 0.005
    assert abs(snn.uj / MILLI - snn_mj) < 0.005 * 0.9 + 0.005
    assert found.ratio is not None
    relative = 0.005 / giga_macs + 0.005 / giga_synops
    assert abs(found.ratio - ratio) < relative * ratio + 0.005


def test_ms_resnet_table_v_on_event_streams_does_not_follow_from_its_counts() -> None:
    """Printed are 184.46 and 7.46 µJ and 24.73; the counts of the same row give more, by more than they are rounded."""
    found, ann, snn = _priced("cmos45-fp32", 40.11e6, 8.32e6)
    assert f"{ann.uj:.2f}" == "184.51"
    assert f"{snn.uj:.2f}" == "7.49"
    assert f"{found.ratio:.2f}" == "24.64"
    assert ann.uj - 184.46 > 0.005 * 4.6 + 0.005
    assert snn.uj - 7.46 > 0.005 * 0.9 + 0.005


def test_loihi_prices_the_spiking_network_of_hu_et_al_alone() -> None:
    found = price(load_profile("loihi1"), ann_counts(macs=1_820_000_000), synops_alone(33.13e9), ())
    assert found.snn is not None
    assert f"{found.snn.uj / MILLI:.0f}" == "782"
    assert (found.ann, found.ratio, found.break_even_pj_per_synop, found.break_even_rate) == (None, None, None, None)
    assert found.not_priced[0] == "the ReLU network: 1,820,000,000 MACs per image"
