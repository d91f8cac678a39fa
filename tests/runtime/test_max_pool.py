"""The maximum of windows: by hand, against its definition, and its laws."""

from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from snnconv.ir import nodes as ir
from snnconv.ir.flow import Kind
from snnconv.runtime.nodes.max_pool import MaxPoolGate
from snnconv.runtime.program import Program, relu_values
from tests.runtime.test_backends import images_for
from tests.runtime.wirings import Net

Array = np.ndarray[Any, Any]

GATE, CURRENT = ir.MaxPoolGate, ir.MaxPoolCurrent
KINDS = pytest.mark.parametrize("kind", [GATE, CURRENT])
# kernel, strides, pads
WINDOWS = {
    "tiles": ((2, 2), (2, 2), (0, 0, 0, 0)),
    "overlap": ((3, 3), (2, 2), (1, 1, 1, 1)),
    "uneven": ((2, 3), (1, 2), (0, 2, 1, 1)),
    "single": ((1, 1), (1, 1), (0, 0, 0, 0)),
}
ALL_WINDOWS = pytest.mark.parametrize("windows", WINDOWS.values(), ids=WINDOWS.keys())


def pool_of(
    kind: type, shape: tuple[int, ...], windows: Any, batch: int, chunk: int, value: Array | None = None
) -> Any:
    """Give the operation of a pool; a gate reads spikes that carry `value`, else a changing current is read."""
    net = Net()
    net.add(ir.Input, "image", shape, amplitude=1.0)
    spikes = net.neurons("n", "image", **({} if value is None else {"spike_value": value}))
    source = spikes if kind is GATE or value is not None else net.scale("current", spikes)
    net.pool("pool", source, *windows, kind=kind)
    return Program(net.finish("pool", exact=False), batch, chunk).operations["pool"]


def run(operation: Any, x: Array) -> Array:
    """Run all steps of x (T, N, H, W, C) on new images."""
    operation.reset()
    return operation.advance([x], len(x)).copy()


def padded_largest(x: Array, windows: Any) -> Array:
    """Give the plain maximum over the windows of (..., H, W, C); padding never wins."""
    kernel, strides, (top, left, bottom, right) = windows
    pads = [(0, 0)] * (x.ndim - 3) + [(top, bottom), (left, right), (0, 0)]
    padded = np.pad(x.astype(np.float64), pads, constant_values=-np.inf)
    view = sliding_window_view(padded, kernel, axis=(-3, -2))
    return view[..., :: strides[0], :: strides[1], :, :, :].max(axis=(-2, -1))


PAIR = ((1, 2), (1, 2), (0, 0, 0, 0))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@KINDS
def test_inputs_that_take_turns_have_the_rate_of_each(kind, order) -> None:
    """The largest value of each step would be 1 always, and so would a gate that moves whenever two are level."""
    trains = np.array([[1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1]], dtype=np.float32)
    x = trains[list(order)].T.reshape(6, 1, 1, 2, 1)
    found = run(pool_of(kind, (1, 1, 2), PAIR, 1, 6), x)
    assert found.reshape(-1).tolist() == [1, 0, 1, 0, 1, 0]


def test_a_gate_by_hand() -> None:
    """Spikes that carry 1 and 2: the second input leads as soon as what it carried is more, not before."""
    first, second = [1, 0, 1, 1, 0, 1], [0, 2, 0, 0, 2, 0]
    x = np.array([first, second], dtype=np.float32).T.reshape(6, 1, 1, 2, 1)
    operation = pool_of(GATE, (1, 1, 2), PAIR, 1, 6, np.array([1.0, 2.0]).reshape(1, 1, 2))
    assert isinstance(operation, MaxPoolGate)
    # carried so far: 1 1 2 3 3 4 and 0 2 2 2 4 4. It moves at step 2 (2 > 1), stays at step 3 (level),
    # goes back at step 4 (3 > 2), moves at step 5 (4 > 3), stays at step 6 (level)
    assert run(operation, x).reshape(-1).tolist() == [1, 2, 0, 1, 2, 0]


def test_a_current_by_hand() -> None:
    """Running sums 1 −1 2 and 0 1 1: their largest is 1, 1, 2."""
    x = np.array([[1.0, -2.0, 3.0], [0.0, 1.0, 0.0]]).T.reshape(3, 1, 1, 2, 1)
    found = run(pool_of(CURRENT, (1, 1, 2), PAIR, 1, 3), x)
    assert found.reshape(-1).tolist() == [1.0, 0.0, 1.0]


@ALL_WINDOWS
@KINDS
def test_as_many_spikes_as_the_input_with_the_most(kind, windows) -> None:
    """Exactly, after every step; and what is given are spikes."""
    rng = np.random.default_rng(0)
    rates = rng.choice([0.1, 0.3, 0.3, 0.3, 0.9], (3, 7, 6, 4))
    x = (rng.random((60, 3, 7, 6, 4)) < rates).astype(np.float32)
    found = run(pool_of(kind, (4, 7, 6), windows, 3, 60, np.asarray(1.0)), x)
    assert found.dtype == np.float32
    assert set(np.unique(found)) == {0.0, 1.0}
    np.testing.assert_array_equal(found.cumsum(axis=0), padded_largest(x.cumsum(axis=0), windows))


@ALL_WINDOWS
def test_the_gate_step_by_step_passes_the_same_spikes(windows) -> None:
    """For spikes that carry one number the program takes the increase; following who leads gives the same."""
    rng = np.random.default_rng(1)
    x = (rng.random((50, 2, 7, 6, 3)) < rng.choice([0.3, 0.5], (2, 7, 6, 3))).astype(np.float32)
    # not one number for the program, and all the same here
    stepwise = pool_of(GATE, (3, 7, 6), windows, 2, 50, np.arange(1.0, 4.0).reshape(3, 1, 1))
    quick = pool_of(GATE, (3, 7, 6), windows, 2, 50)
    assert isinstance(stepwise, MaxPoolGate)
    assert not isinstance(quick, MaxPoolGate)
    for value in (1.0, -1.0, 0.75):
        np.testing.assert_array_equal(run(stepwise, x * np.float32(value)), run(quick, x * np.float32(value)))


@ALL_WINDOWS
def test_a_constant_current_is_pooled_once(windows) -> None:
    """Negative ones too: the zeros of a border would win."""
    net = Net()
    net.add(ir.Input, "image", (3, 7, 6), amplitude=1.0)
    net.pool("pool", "image", *windows, kind=CURRENT)
    net.neurons("n", "pool")
    network = net.finish("n", exact=False)
    assert network.flows["pool"].constant
    images = -np.random.default_rng(0).uniform(0.5, 1.5, (4, 3, 7, 6)).astype(np.float32)
    program = Program(network, 4, 5)
    program.load(images)
    program.advance(5)
    # the image is on a grid of 2^-24
    image = np.rint(np.moveaxis(images, 1, -1).astype(np.float64) * 2**24) / 2**24
    np.testing.assert_array_equal(program.values["pool"][0], padded_largest(image, windows))
    assert (program.values["pool"] < 0).all()
    assert len(program.values["pool"]) == 1


@ALL_WINDOWS
def test_currents_converge_as_one_over_the_steps(windows) -> None:
    """A current that alternates about its mean: the mean of what is given is off by at most the swing over T."""
    rng = np.random.default_rng(2)
    mean, swing = rng.normal(0, 1, (1, 2, 7, 6, 3)), 0.5
    x = mean + swing * np.where(np.arange(400) % 2, -1, 1).reshape(-1, 1, 1, 1, 1) * np.sign(mean)
    found = run(pool_of(CURRENT, (3, 7, 6), windows, 2, 400), x).cumsum(axis=0)
    for steps in (9, 50, 400):
        # 1e-9 is for float sums here and below: these currents lie on no grid
        error = np.abs(found[steps - 1] / steps - padded_largest(mean[0], windows)).max()
        # the running sums of the inputs are off by the swing or nothing, and so is the largest of them
        assert error <= swing / steps + 1e-9
    # it lies between what the step's inputs are
    each = np.diff(found, axis=0, prepend=0)
    assert (each <= padded_largest(x, windows) + 1e-9).all()
    assert (each >= -padded_largest(-x, windows) - 1e-9).all()


@ALL_WINDOWS
@KINDS
def test_with_relus_it_is_the_plain_maximum(kind, windows) -> None:
    """Parity with the ONNX model; also where spikes differ."""
    for value in (np.asarray(1.0), np.arange(1.0, 6.0).reshape(5, 1, 1)):
        net = Net()
        spikes = net.start(5, 7, 6, threshold=np.asarray(1.0), spike_value=value)
        net.pool("pool", spikes, *windows, kind=kind)
        net.neurons("n", "pool")
        network = net.finish("n", exact=False)
        outputs, _ = relu_values(network, images_for(network, 3, 0))
        expected = padded_largest(np.moveaxis(outputs["n0"], 1, -1), windows)
        # spikes are float32 numbers
        np.testing.assert_array_equal(np.moveaxis(outputs["pool"], 1, -1), expected.astype(outputs["pool"].dtype))


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (GATE, None, Kind.SPIKES),
        (CURRENT, None, Kind.SPIKES),
        (CURRENT, np.asarray(0.75), Kind.SPIKES),
        (GATE, np.array([1.0, 2.0]).reshape(2, 1, 1), Kind.SPIKES),
        (CURRENT, np.array([1.0, 2.0]).reshape(2, 1, 1), Kind.GRADED),
    ],
)
def test_what_flows_out(kind, value, expected) -> None:
    net = Net()
    net.start(2, **({} if value is None else {"spike_value": value}))
    net.pool("pool", "n0", *WINDOWS["tiles"], kind=kind)
    flow = net.finish("pool").flows["pool"]
    largest = 1.0 if value is None else value.max()
    assert (flow.kind, flow.least, flow.largest, flow.constant) == (expected, 0.0, largest, False)


def test_graded_spikes_and_currents_stay_what_they_are() -> None:
    net = Net()
    net.start(4)
    graded = net.pool("graded", net.put(ir.Sum, "sum", "n0", "n0"), *WINDOWS["tiles"], kind=CURRENT)
    current = net.pool("current", net.conv("c", "n0", 4), *WINDOWS["tiles"], kind=CURRENT)
    found = net.finish(net.put(ir.Concat, "both", graded, current, axis=0), exact=False).flows
    assert (found["graded"].kind, found["graded"].largest) == (Kind.GRADED, 2.0)
    assert (found["current"].kind, found["current"].constant) == (Kind.CURRENT, False)
