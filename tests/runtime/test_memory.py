"""What a simulation needs in memory: padding counts, whatever its size, and copies do not grow with the chunk."""

import tracemalloc

import numpy as np
import pytest

from snnconv.errors import NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.memory import check_memory, check_steps, copy_bytes, needed
from snnconv.runtime.nodes import padded
from snnconv.runtime.program import Program
from tests.runtime.wirings import Net

MIB = 1 << 20
CHANNELS = 2
KINDS = ["conv of the image", "conv of spikes", "sums of spikes", "largest of spikes", "gate"]


def padded_network(maker, kind: str, pad: int, stride: int, kernel: int = 3) -> SpikingNetwork:
    """Make a network of 8×8 pixels whose one layer of a kind has much padding; its output has few pixels."""
    rng = np.random.default_rng(0)
    size = (8 + 2 * pad - kernel) // stride + 1
    shape = (CHANNELS, size, size)
    pool = {"kernel": (kernel, kernel), "strides": (stride, stride), "pads": (pad,) * 4}
    source = maker.add(ir.Input, "image", (CHANNELS, 8, 8), amplitude=2.0)
    if kind != "conv of the image":
        # gates follow who leads where spikes carry different numbers only
        value = np.array([1.0, 2.0]).reshape(2, 1, 1) if kind == "gate" else np.asarray(1.0)
        source = maker.add(ir.Neuron, "n0", (CHANNELS, 8, 8), source, threshold=np.asarray(0.5), spike_value=value)
    if kind.startswith("conv"):
        weight = rng.integers(-4, 5, (CHANNELS, CHANNELS, kernel, kernel)) / 4
        fields = {key: pool[key] for key in ("strides", "pads")} | {"dilations": (1, 1)}
        layer = maker.add(ir.Conv, "layer", shape, source, weight=weight, **fields)
    else:
        of = {"sums of spikes": ir.SumPool, "largest of spikes": ir.MaxPoolCurrent, "gate": ir.MaxPoolGate}[kind]
        layer = maker.add(of, "layer", shape, source, **pool)
    flat = maker.add(ir.Flatten, "flat", (CHANNELS * size * size,), layer)
    weight = rng.integers(-4, 5, (3, CHANNELS * size * size)) / 4
    logits = maker.add(ir.Dense, "logits", (3,), flat, weight=weight)
    maker.add(ir.Readout, "readout", (3,), logits, mode=ir.ReadoutMode.CURRENT)
    return maker.network()


def peak_of(network: SpikingNetwork, images: int, steps: int) -> int:
    """Measure what running a few steps allocates at most."""
    x = np.random.default_rng(1).normal(size=(images, CHANNELS, 8, 8)).astype(np.float32)
    tracemalloc.start()
    try:
        program = Program(network, images, steps)
        program.load(x)
        program.advance(steps)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# pooling needs kernels as large as its pads: a window of padding alone has no largest value
PADDED = [
    *((kind, 600, 600, 3) for kind in KINDS[:2]),
    ("sums of spikes", 600, 600, 3),
    ("largest of spikes", 300, 300, 301),
    ("gate", 30, 30, 31),
]


@pytest.mark.parametrize(("kind", "pad", "stride", "kernel"), PADDED)
def test_padding_is_counted(kind: str, pad: int, stride: int, kernel: int, maker) -> None:
    network = padded_network(maker, kind, pad, stride, kernel)
    found, measured = needed(network), peak_of(network, 1, 1)
    copied = CHANNELS * (8 + 2 * pad) ** 2 * 4
    assert measured > copied
    assert copied < found < 12 * measured
    # what a program takes besides, whatever its size
    assert measured < found + MIB


@pytest.mark.parametrize("kind", KINDS[:3])
def test_copies_do_not_grow_with_the_chunk(kind: str, maker) -> None:
    network = padded_network(maker, kind, 600, 600)
    one = CHANNELS * 1208**2 * 8
    assert copy_bytes(network, 16, 16) < 4 * one
    measured = peak_of(network, 16, 16)
    assert measured < needed(network, 16, 16) + 2 * MIB
    assert measured < 5 * one


@pytest.mark.parametrize("kind", KINDS[:3])
@pytest.mark.parametrize("together", [1, 3, 5, 24])
def test_results_do_not_depend_on_how_many_are_copied_at_a_time(kind: str, together: int, maker, monkeypatch) -> None:
    network = padded_network(maker, kind, 2, 2)
    images = np.random.default_rng(2).normal(size=(4, CHANNELS, 8, 8)).astype(np.float32)

    def run(steps: list[int]) -> list[np.ndarray]:
        program = Program(network, 4, 6)
        program.load(images)
        return [program.advance(count).scores for count in steps]

    # the last chunk is shorter
    expected = run([6, 6, 1])
    assert np.ptp(np.concatenate(expected)) > 0
    monkeypatch.setattr(padded, "held", lambda images, _: min(images, together))
    for module in ("conv", "sum_pool"):
        monkeypatch.setattr(f"snnconv.runtime.nodes.{module}.held", padded.held)
    for got, want in zip(run([6, 6, 1]), expected, strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pad", [1 << 20, 1 << 30, 1 << 62, 10**400], ids=["2^20", "2^30", "2^62", "10^400"])
def test_any_padding_is_refused_before_it_is_made(kind: str, pad: int, maker) -> None:
    network = padded_network(maker, kind, 1, 2)
    nodes = tuple(
        node.model_copy(update={"pads": (pad,) * 4, "strides": (pad, pad)}) if node.name == "layer" else node
        for node in network.nodes
    )
    network = SpikingNetwork(nodes, network.edges, network.tensors, network.steps, network.provenance)
    assert needed(network) > 4 * CHANNELS * (2 * pad) ** 2
    tracemalloc.start()
    try:
        with pytest.raises(NotRunnableError) as caught:
            check_memory(network, 8 << 30)
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert message.startswith("one image and one step need ")
    assert "most of it at node layer, which reads 2×" in message
    assert message.endswith("; at most 8 GiB is allowed; raise --memory-limit")
    assert len(message) < 400


def test_a_node_is_named_for_much_padding_only(random_network) -> None:
    network = random_network(0)
    check_memory(network, needed(network))
    with pytest.raises(NotRunnableError, match=r"^one image and one step need [0-9.]+ KiB[,;].* raise --memory-limit$"):
        check_memory(network, needed(network) - 1)


def test_places_of_a_gate_are_counted_once(maker) -> None:
    network = padded_network(maker, "gate", 30, 30, 31)
    one, two = needed(network, 1), needed(network, 2)
    assert one > 31 * 31 * 256
    # a second image adds its state alone
    assert two - one < one - 31 * 31 * 256


def test_patches_of_a_wide_row_are_counted(maker) -> None:
    """A large kernel without padding: each pixel of a row has a copy of its window."""
    network = maker
    network.add(ir.Input, "image", (1, 400, 400), amplitude=2.0)
    fields = {"strides": (1, 1), "pads": (0,) * 4, "dilations": (1, 1)}
    network.add(ir.Conv, "layer", (1, 201, 201), "image", weight=np.ones((1, 1, 200, 200)), **fields)
    network.add(ir.Flatten, "flat", (201 * 201,), "layer")
    network.add(ir.Readout, "readout", (201 * 201,), "flat", mode=ir.ReadoutMode.CURRENT)
    made = network.network(exact=False)
    assert copy_bytes(made) > 201 * 200 * 200 * 8
    tracemalloc.start()
    try:
        Program(made, 1, 1)
        measured = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 201 * 200 * 200 * 8 < measured < needed(made) + MIB


def test_steps_whose_counts_do_not_fit_are_refused() -> None:
    m = Net()
    network = m.finish(m.neurons("n1", m.conv("c1", m.start(), 5)))
    # 2 layers of neurons, 2 convolutions and the classifier, 32 bytes each; 16 images of 16 bytes
    each = 5 * 32 + 16 * 16
    check_steps(network, 1000, 1000 * each)
    with pytest.raises(NotRunnableError, match=r"the counts of 1,001 steps need .* take fewer --steps"):
        check_steps(network, 1001, 1000 * each)
    # beyond any number of bytes too
    with pytest.raises(NotRunnableError, match="at most 8"):
        check_steps(network, 10**40, 8 << 30)
