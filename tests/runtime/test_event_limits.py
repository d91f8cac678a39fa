"""Where the kernel's whole numbers end: what is close to the limit is exact, what is beyond it runs in NumPy."""

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.event.isa import is_built

pytestmark = pytest.mark.skipif(not is_built(), reason="the kernel was not built: there was no C compiler")


def spikes(maker, inputs, **fields) -> str:
    maker.add(ir.Input, "image", (inputs,), amplitude=2.0)
    maker.add(ir.Scale, "scale", (inputs,), "image", gain=np.asarray(1.0))
    return maker.add(ir.Neuron, "n1", (inputs,), "scale", threshold=np.asarray(1.0), **fields)


def test_a_product_of_24_bits_and_what_a_spike_carries_is_exact(maker) -> None:
    """16,777,215 times 3 is no float32; more than 1,024 inputs are summed in float64 by NumPy."""
    from snnconv.runtime.backends.event_backend import EventBackend

    inputs = 1030
    spikes(maker, inputs, spike_value=np.asarray(3.0))
    weight = np.zeros((1, inputs))
    weight[0, :8] = 2.0**24 - 1 - 2 * np.arange(8)
    maker.add(ir.Dense, "logits", (1,), "n1", weight=np.ldexp(weight, -24))
    maker.add(ir.Readout, "readout", (1,), "logits", mode=ir.ReadoutMode.CURRENT)
    network = maker.network()
    backend = EventBackend()
    assert "logits" in backend.plan(network, 64).currents
    image = np.zeros((1, inputs), dtype=np.float32)
    image[0, 0] = 1.0
    expected = NumpyBackend().simulate(network, image, 1).scores
    np.testing.assert_array_equal(expected, 3 * np.ldexp(weight[:, :1], -24)[None])
    np.testing.assert_array_equal(backend.simulate(network, image, 1).scores, expected)


def test_sums_that_double_again_and_again_are_not_taken_apart(maker) -> None:
    """Thirty sums of a sum and itself would be a thousand million terms."""
    from snnconv.runtime.backends.event_backend import EventBackend

    source = spikes(maker, 3)
    for number in range(30):
        source = maker.add(ir.Sum, f"sum{number}", (3,), source, source)
    maker.add(ir.Dense, "logits", (2,), source, weight=np.ones((2, 3)))
    maker.add(ir.Readout, "readout", (2,), "logits", mode=ir.ReadoutMode.CURRENT)
    reasons = EventBackend().plan(maker.network(exact=False), 64).reasons
    assert "logits" in reasons
    maker.nodes[-2] = maker.nodes[-2].model_copy(update={"grid": "q"})
    maker.tensors["q"] = np.asarray(0, dtype=np.int16)
    reasons = EventBackend().plan(maker.network(exact=False), 64).reasons
    assert "added up on more than 64 ways" in reasons["logits"]


def test_more_steps_than_there_is_room_for_are_refused(random_network) -> None:
    from snnconv.runtime.backends.event_backend import EventBackend
    from snnconv.runtime.event.program import EventProgram

    network = random_network(0)
    program = EventProgram(network, EventBackend().plan(network, 4), 0, 1)
    program.load(np.zeros((1, *network.input.shape), dtype=np.float32))
    with pytest.raises(ValueError, match="5 steps, there is room for 4"):
        program.advance(5)


def pooled(maker, size: int, weights: list[float]):
    """Neurons of one channel on size × size pixels, summed over all of them, and a weight for each logit."""
    maker.add(ir.Input, "image", (1, size, size), amplitude=2.0)
    maker.add(ir.Neuron, "n1", (1, size, size), "image", threshold=np.asarray(1.0))
    maker.add(ir.SumPool, "pool", (1, 1, 1), "n1", kernel=(size, size), strides=(size, size), pads=(0, 0, 0, 0))
    maker.add(ir.Flatten, "flat", (1,), "pool")
    maker.add(ir.Dense, "logits", (len(weights),), "flat", weight=np.array(weights)[:, None])
    maker.add(ir.Readout, "readout", (len(weights),), "logits", mode=ir.ReadoutMode.CURRENT)
    return maker.network()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("size", "taken"), [(11, True), (12, False), (16, False)])
def test_a_weight_counts_for_every_pixel_of_its_pool(size, taken, sign, maker) -> None:
    """2^24 units times 121 pixels have 31 bits, times 144 they have 32: int32 would turn the sum negative."""
    from snnconv.runtime.backends.event_backend import EventBackend

    weights = [sign * 0.25, sign * (0.25 - 2.0**-26)]
    network = pooled(maker, size, weights)
    backend = EventBackend()
    plan = backend.plan(network, 64)
    whole = 2**24 * size * size
    if taken:
        assert plan.currents["logits"].bound == whole
    else:
        assert plan.reasons["logits"] == f"logits has sums of {whole} units of its grid, more than 31 bits"
    image = np.ones((1, 1, size, size), dtype=np.float32)
    found = backend.simulate(network, image, 2).scores
    np.testing.assert_array_equal(found[:, 0], size * size * np.outer([1, 2], weights))
