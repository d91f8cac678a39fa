"""Reading and writing memory."""

import pytest

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.estimate import EnergyEstimate, EnergySide
from snnconv.reporting.energy.load import load_profile
from snnconv.reporting.energy.memory import MemoryModel
from snnconv.reporting.energy.price import price
from tests.reporting.energy.examples import (
    CONNECTIONS,
    LAYERS,
    ann_counts,
    connection,
    cost,
    layer,
    made,
    snn_counts,
    spiking,
)

EXACT = 1e-12
PER_PJ = 1e-6
FLAT = {"word_bits": 32, "access": cost(10.0)}


def _lemaire() -> MemoryModel:
    memory = load_profile("lemaire45").memory
    assert memory is not None
    return memory


def _counts(side: EnergySide | None) -> dict[str, tuple[float, float | None]]:
    assert side is not None
    return {line.operation: (line.count, line.pj) for line in side.lines if line.pj is not None}


def _flat(ann: AnnCounts | None = None, snn: SnnCounts | None = None) -> EnergyEstimate:
    profile = made(memory=FLAT, snn=spiking(synop=cost(1.0), mac=cost(2.0)))
    return price(profile, ann or ann_counts(), snn or snn_counts(), LAYERS, CONNECTIONS)


@pytest.mark.parametrize(
    ("words", "pj", "low"),
    [
        (0, 0.0, 0.0),
        (1024, 5.0, 2.5),  # half way to 8 kB
        (2048, 10.0, 5.0),
        (5120, 15.0, 7.5),  # half way from 8 kB to 32 kB
        (8192, 20.0, 10.0),
        (262144, 100.0, 50.0),
        (262144 + 253952, 180.0, 90.0),  # as far beyond 1 MB as 1 MB is beyond 32 kB
    ],
)
def test_an_access_costs_more_in_a_larger_memory(words: int, pj: float, low: float) -> None:
    found = _lemaire().price(words)
    assert (found.pj, found.low, found.high) == pytest.approx((pj, low, pj), rel=EXACT)
    assert found.where.endswith(f"at {4 * words:,} bytes")
    assert _lemaire().beyond(words) == (words > 262144)


def test_accesses_at_one_price() -> None:
    found = _flat()
    # 1000 MACs: a weight each, 950 read the stem and 50 the image; 8 activations are written, 4 neurons have a bias
    assert _counts(found.ann) == {
        "mac": (1000, 2.0),
        "weight_read": (1000, 10.0),
        "activation_read": (950, 10.0),
        "input_read": (50, 10.0),
        "activation_write": (8, 10.0),
        "bias_read": (4, 10.0),
    }
    # 800 SynOps and 50 MACs read a weight; 5 kept currents are read at 4 steps; membranes are read and written 800
    # times, and 5 · 4 times
    assert _counts(found.snn) == {
        "synop": (800, 1.0),
        "mac": (50, 2.0),
        "weight_read": (850, 10.0),
        "current_read": (20, 10.0),
        "input_read": (50, 10.0),
        "membrane_access": (1640, 10.0),
        "bias_read": (16, 10.0),
    }
    assert found.snn is not None
    assert found.snn.uj == pytest.approx((800 + 100 + 10 * (850 + 20 + 50 + 1640 + 16)) * PER_PJ, rel=EXACT)
    # made anew, currents are not kept
    anew = 150 * (2 + 10 + 10) - 20 * 10
    assert found.snn_uj_recomputed == pytest.approx(found.snn.uj + anew * PER_PJ, rel=EXACT)
    assert found.ann is not None
    # 10 more taps on the image, 90 on the stem
    assert found.ann_uj_padded == pytest.approx(found.ann.uj + 100 * (2 + 10 + 10) * PER_PJ, rel=EXACT)


def test_memories_by_size() -> None:
    found = price(load_profile("lemaire45"), ann_counts(), snn_counts(), LAYERS, CONNECTIONS)
    per_byte = 10 / 8192
    twenty, forty, fifteen, one, five, three, queue = (4 * n * per_byte for n in (20, 40, 15, 1, 5, 3, 1000))
    weights = (400 * forty + 100 * one + 300 * fifteen + 50 * twenty) / 850
    membranes = (2 * (500 + 20) * five + 2 * 300 * three) / 1640
    expected = {
        "weight_read": (850, weights),
        "current_read": (20, five),
        "membrane_access": (1640, membranes),
        "spike_write": (10, queue),
        "spike_read": (10, queue),
        "address_mac": (20, 3.2),
        "address_add": (800, 0.1),
    }
    lines = _counts(found.snn)
    for operation, (count, pj) in expected.items():
        assert lines[operation] == (count, pytest.approx(pj, rel=EXACT)), operation
    ann = _counts(found.ann)
    assert ann["weight_read"] == (1000, pytest.approx((50 * twenty + 650 * forty + 300 * fifteen) / 1000, rel=EXACT))
    assert ann["activation_read"] == (950, pytest.approx(five, rel=EXACT))
    assert ann["activation_write"] == (8, pytest.approx((5 * five + 3 * three) / 8, rel=EXACT))
    assert set(ann) == {"mac", "weight_read", "activation_read", "activation_write"}


def test_what_the_counts_do_not_know_is_said_and_not_guessed() -> None:
    left = price(load_profile("lemaire45"), ann_counts(), snn_counts(), LAYERS, CONNECTIONS).not_priced
    for text in (
        "50 reads per image of the image, and of currents made of it, of the ReLU network: their sizes are not counted",
        "4 reads per image of biases, of the ReLU network: their number is not counted",
        "addressing in the ReLU network: it needs the sizes of kernels",
        "50 reads per image of the image, and of currents made of it, of the spiking network: "
        "their sizes are not counted",
        "16 reads per image of biases, of the spiking network: their number is not counted",
        "further reads of spikes that more than one layer of the spiking network reads",
    ):
        assert text in left


def test_a_memory_beyond_the_points_is_said() -> None:
    nodes = [connection(weights=272_000), *CONNECTIONS[1:]]
    big = price(load_profile("lemaire45"), ann_counts(), snn_counts(), LAYERS, nodes)
    said = [text for text in big.not_priced if "beyond a straight line" in text]
    assert len(said) == 2
    assert said[0].endswith("1 have up to 1,088,000 bytes, 1,048,576 at most are known")


def test_an_older_run_has_no_accesses_that_it_did_not_count() -> None:
    older = snn_counts(bias_adds=None, membrane_adds=None, readout_adds=None)
    layers = [layer(fed_operations=None)]
    profile = made(memory=FLAT)
    found = price(profile, ann_counts(parameters=None, activations=None), older, layers)
    assert set(_counts(found.ann)) == {"mac"}
    assert set(_counts(found.snn)) == {"synop", "input_read"}
    for what in ("reads of weights", "writes of activations", "accesses to membranes", "reads of biases"):
        assert any(text.startswith(what) and text.endswith("which is older") for text in found.not_priced), what


def test_memory_turns_the_result_of_arithmetic_round() -> None:
    """80 SynOps per 100 MACs: additions are cheaper, but each reads and writes a membrane."""
    counts = snn_counts(macs_once=0, macs_each_step=0)
    arithmetic, memory = (
        price(load_profile(profile_id), ann_counts(), counts, LAYERS, CONNECTIONS)
        for profile_id in ("cmos45-fp32", "simple45-memory")
    )
    assert arithmetic.ratio is not None
    assert memory.ratio is not None
    assert arithmetic.ratio > 1 > memory.ratio
