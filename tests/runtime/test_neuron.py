"""Neurons by hand: when they fire, how they reset, and the law of their rate."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from snnconv.ir import nodes as ir
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.program import Program, relu_values
from snnconv.runtime.supported import problems


def one_neuron(maker, weight=1.0, readout=ir.ReadoutMode.SPIKES, exact=True, **fields):
    """Image (1, 1, 1) → Scale → Flatten → Neuron → Readout."""
    fields.setdefault("threshold", np.asarray(1.0))
    maker.add(ir.Input, "image", (1, 1, 1), amplitude=2.0)
    maker.add(ir.Scale, "scale", (1, 1, 1), "image", gain=np.asarray(weight))
    maker.add(ir.Flatten, "flat", (1,), "scale")
    maker.add(ir.Neuron, "neuron", (1,), "flat", **fields)
    maker.add(ir.Readout, "readout", (1,), "neuron", mode=readout)
    return maker.network(exact=exact)


def spike_train(network, value: float, steps: int) -> list[int]:
    images = np.full((1, 1, 1, 1), value, dtype=np.float32)
    return NumpyBackend(1, 4).simulate(network, images, steps).spikes[0, :, 0].tolist()


def test_reset_by_subtraction_keeps_the_rest(maker) -> None:
    # V: 0.75, 1.5 fires -> 0.5, 1.25 fires -> 0.25, 1.0 fires -> 0.0, 0.75
    assert spike_train(one_neuron(maker), 0.75, 5) == [0, 1, 1, 1, 0]


def test_reset_to_zero_loses_the_rest(maker) -> None:
    # V: 0.75, 1.5 fires -> 0, 0.75, 1.5 fires -> 0
    assert spike_train(one_neuron(maker, reset=ir.Reset.ZERO), 0.75, 5) == [0, 1, 0, 1, 0]


def test_fires_where_the_membrane_equals_the_threshold(maker) -> None:
    assert spike_train(one_neuron(maker), 0.5, 4) == [0, 1, 0, 1]


def test_the_initial_potential_comes_before_the_first_step(maker) -> None:
    assert spike_train(one_neuron(maker, initial_potential=np.asarray(0.5)), 0.5, 4) == [1, 0, 1, 0]


def test_the_threshold_is_what_a_spike_takes(maker) -> None:
    assert spike_train(one_neuron(maker, threshold=np.asarray([2.0])), 0.75, 6) == [0, 0, 1, 0, 0, 1]


def test_a_negative_membrane_is_kept(maker) -> None:
    assert spike_train(one_neuron(maker), -0.5, 4) == [0, 0, 0, 0]


def test_a_leak_comes_before_the_input(maker) -> None:
    # V: 0.75, 0.375 + 0.75 = 1.125 fires -> 0.125, 0.0625 + 0.75 = 0.8125, 0.40625 + 0.75 = 1.15625 fires
    fields = {"leak": np.asarray(0.5)}
    assert spike_train(one_neuron(maker, exact=False, **fields), 0.75, 4) == [0, 1, 0, 1]


def test_a_spike_carries_its_value(maker) -> None:
    network = one_neuron(maker, spike_value=np.asarray(0.25))
    found = NumpyBackend(1, 4).simulate(network, np.full((1, 1, 1, 1), 0.5, dtype=np.float32), 4)
    assert found.scores[:, 0, 0].tolist() == [0.0, 0.25, 0.25, 0.5]
    assert found.spikes[0, :, 0].tolist() == [0, 1, 0, 1]


def test_the_rate_tends_to_the_relu_like_one_over_t(maker) -> None:
    """|rate − a| falls with slope −1 in log–log: the theory of reset by subtraction (Hu et al., Eq. 9)."""
    network = one_neuron(maker)
    rng = np.random.default_rng(0)
    values = rng.uniform(0, 1, 400).astype(np.float32)
    steps = np.array([2**k for k in range(3, 11)])
    found = NumpyBackend(100, 64).simulate(network, values.reshape(-1, 1, 1, 1), int(steps[-1]))
    counts = found.spikes[0].cumsum(axis=0)[steps - 1]
    error = np.abs(counts / steps[:, None] - values).mean(axis=1)
    slope = np.polyfit(np.log(steps), np.log(error), 1)[0]
    assert slope == pytest.approx(-1, abs=0.1)
    # and the constant: a membrane between 0 and 1 leaves less than one spike uncounted
    assert (np.abs(counts - values * steps[:, None]) <= 1 + 1e-6).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_network_tends_to_its_clipped_relus(seed, random_network) -> None:
    """The rates of every layer tend to those of the network whose ReLUs are clip(·, 0, θ): at 16 times the steps the
    error is a small part of what it was."""
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    images = rng.uniform(-1, 2, (3, *network.input.shape)).astype(np.float32)
    limit, _ = relu_values(network, images, clipped=True)
    errors = {}
    program = Program(network, 3, 50)
    program.load(images)
    counts = {n.name: np.zeros((3, *n.shape)) for n in network.neurons}
    for step in range(50, 8001, 50):
        program.advance(50)
        for name in counts:
            counts[name] += np.moveaxis(program.values[name].sum(axis=0), -1, 1)
        if step in (500, 8000):
            errors[step] = {name: np.abs(total / step - limit[name]).mean() for name, total in counts.items()}
    for name, late in errors[8000].items():
        # a transient of the layers before can leave a constant count behind: 1/T again, with a factor 2 to spare
        assert late <= max(errors[500][name] / 8, 1e-6), name


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"number_type": ir.NumberType.INT8}, "number type int8"),
    ],
)
def test_what_is_not_run_is_refused_by_name(fields, text, maker) -> None:
    network = one_neuron(maker, **fields)
    (reason,) = problems(network)
    assert reason.startswith("node neuron: ")
    assert text in reason
    assert "does not run yet" in reason


def test_a_rule_that_nothing_runs_is_refused_by_name(maker) -> None:
    class Silent(ir.Rule):
        kind: Literal["silent"] = "silent"

    network = one_neuron(maker)
    quiet = network.neurons[0].model_copy(update={"rule": Silent()})
    network = replace(network, nodes=tuple(quiet if node.name == "neuron" else node for node in network.nodes))
    (reason,) = problems(network)
    assert reason == ("node neuron: neurons of the rule silent, which the runtime does not run yet; it runs if, lif")
