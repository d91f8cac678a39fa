"""The search for one factor: where it starts, how it walks, and that its trials are those of the networks built."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from snnconv.choices import Objective, ReadoutMode
from snnconv.conversion.compensation import search as module
from snnconv.conversion.compensation.search import STEP, descend, search, trial_of, within
from snnconv.conversion.convert import convert
from snnconv.conversion.methods import hu
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.records import SearchRecord
from snnconv.conversion.samples import Samples
from snnconv.graph.reading.reader import opened
from snnconv.measuring.propagation_error import propagation_errors
from snnconv.runtime.backends.numpy_backend import NumpyBackend


@pytest.mark.parametrize(
    ("q", "tau_max", "start"),
    [
        (1.03, 1.2, 1.03),
        (0.2, 1.2, 1.005),  # at or below 1
        (1.0, 1.2, 1.005),
        (7.0, 1.2, 1.195),  # at or above τ_max
        (1.2, 1.2, 1.195),
        (5.0, 1.01, 1.005),  # no room for a step at both ends
        (5.0, 1.002, 1.001),
        (0.0, 1.0102, 1.005),
    ],
)
def test_the_start_lies_between_1_and_tau_max(q, tau_max, start) -> None:
    assert within(q, tau_max) == pytest.approx(start, abs=1e-9)
    assert 1 < within(q, tau_max) < tau_max


def run(
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[float], float],
    agreement: Callable[[float], float] = lambda factor: 0.5,
    *,
    q: float = 1.05,
    tau_max: float | None = 1.2,
    objective: Objective = Objective.ERROR,
) -> SearchRecord:
    """Search with a made-up network, which is its factor."""
    layers = [SimpleNamespace(depth=depth, most_active_error=0.1 * q**depth) for depth in range(1, 6)]

    def errors(network: float, targets: Any, steps: int, **more: Any) -> Any:
        assert (targets, steps) == ("targets", 20)
        more["progress"](3)
        cost, agrees = error(network), agreement(network)
        return SimpleNamespace(
            layers=layers, tau_max=tau_max, images=3, error=-cost, absolute_error=cost, agreement=agrees
        )

    monkeypatch.setattr(module, "propagation_errors", errors)
    told: list[tuple[str, int, int]] = []
    given: Any = SimpleNamespace(
        images=np.zeros(3),
        backend=None,
        threads=1,
        progress=lambda *args: told.append(args),
        targets=lambda n: "targets",
        recall=lambda name, kind, find: find(),
    )
    options = ConversionOptions(steps=20, objective=objective)
    found = search(lambda factors: factors.everywhere, given, options)  # type: ignore[arg-type, return-value]
    assert told == [(f"compensation, factor {n}", 3, 3) for n in range(1, len(found.trials) + 1)]
    assert (found.images, found.steps, found.objective) == (3, 20, objective)
    factors = [trial.factor for trial in found.trials]
    assert factors[0] == 1.0
    assert len(set(factors)) == len(factors)
    if tau_max is not None:
        assert all(1 < factor < tau_max for factor in factors[1:])
    assert found.factor in factors
    assert all((t.error, t.absolute_error) == (-error(t.factor), error(t.factor)) for t in found.trials)
    return found


@pytest.mark.parametrize("least", [1.005, 1.015, 1.05, 1.065, 1.12, 1.195])
def test_of_a_convex_objective_the_least_on_the_grid_is_found(monkeypatch, least) -> None:
    found = run(monkeypatch, lambda factor: 1 + (factor - least) ** 2)
    assert found.q == pytest.approx(1.05, rel=1e-6)
    assert found.p == pytest.approx(0.1, rel=1e-5)
    assert found.adjusted_r2 == pytest.approx(1.0, abs=1e-6)
    assert found.factor == pytest.approx(least, abs=1e-6)
    assert found.note is None
    # on the grid around the start
    first, *rest = [trial.factor for trial in found.trials[1:]]
    assert first == pytest.approx(1.05, abs=1e-6)
    places = (np.asarray(rest) - first) / STEP
    np.testing.assert_allclose(places, np.rint(places), atol=1e-3)


def test_of_a_falling_and_rising_cost_the_least_of_all_is_found_in_few_tries() -> None:
    for least in range(-60, 61):
        for low, high in ((-50, 50), (-3, 60), (-60, 0), (0, 0)):
            tried: set[int] = set()

            def cost(place: int, tried=tried, low=low, high=high, least=least) -> tuple[float, float]:
                if not low <= place <= high:
                    return float("inf"), float("inf")
                tried.add(place)
                return abs(place - least) ** 1.5, 0.0

            assert descend(cost) == min(max(least, low), high)
            assert len(tried) <= 20


def test_of_any_cost_one_is_found_that_nothing_near_betters() -> None:
    for seed in range(200):
        costs = np.random.default_rng(seed).integers(0, 9, 41)

        def cost(place: int, costs=costs) -> tuple[float, float]:
            return (float(costs[place + 20]), 0.0) if -20 <= place <= 20 else (float("inf"), 0.0)

        for start in (0, 7):
            best = descend(cost, start)
            assert cost(best) <= min(cost(best + away) for away in (-2, -1, 0, 1, 2))
            assert cost(best) <= cost(start)


def test_it_ends_at_tau_max_and_at_1(monkeypatch) -> None:
    growing = run(monkeypatch, lambda factor: 9 - factor, tau_max=1.08)
    assert growing.factor == pytest.approx(1.075, abs=1e-6)
    falling = run(monkeypatch, lambda factor: 9 + (factor if factor > 1 else 99), tau_max=1.08)
    assert falling.factor == pytest.approx(1.005, abs=1e-6)


def test_where_no_factor_is_better_it_stays_1(monkeypatch) -> None:
    found = run(monkeypatch, lambda factor: factor)
    assert found.factor == 1.0
    tried = len(found.trials) - 1
    assert tried > 2
    assert found.note == f"none of the {tried} factors tried between 1 and τ_max made the objective better"
    # nor as good: of equals the smallest is taken
    assert run(monkeypatch, lambda factor: 1.0).factor == 1.0


@pytest.mark.parametrize(("tau_max", "text"), [(1.0, "fires at every step"), (0.5, "fires at"), (None, "never fires")])
def test_without_room_to_search_it_stays_1(monkeypatch, tau_max, text) -> None:
    found = run(monkeypatch, lambda factor: 1.0, tau_max=tau_max)
    assert [trial.factor for trial in found.trials] == [1.0]
    assert (found.factor, found.tau_max) == (1.0, tau_max)
    assert found.note is not None
    assert text in found.note


def test_agreement_may_be_the_objective(monkeypatch) -> None:
    found = run(
        monkeypatch,
        error=lambda factor: 1 + (factor - 1.06) ** 2,
        agreement=lambda factor: 0.9 - abs(factor - 1.03),
        objective=Objective.AGREEMENT,
    )
    assert found.factor == pytest.approx(1.03, abs=1e-6)
    assert max(found.trials, key=lambda trial: trial.agreement).factor == found.factor


def test_agreement_that_is_flat_where_the_search_starts_does_not_stop_it(monkeypatch) -> None:
    """Near q a network fires far too much: it decides as badly with every factor there."""
    found = run(
        monkeypatch,
        error=lambda factor: 1 + abs(factor - 1.03),
        agreement=lambda factor: 0.9 if factor == 1.0 else 0.98 if factor < 1.06 else 0.1,
        q=1.15,
        tau_max=1.4,
        objective=Objective.AGREEMENT,
    )
    # of those that agree as much, the one with the least error
    assert found.factor == pytest.approx(1.03, abs=1e-6)


def test_errors_that_follow_no_growth_give_no_q(monkeypatch) -> None:
    found = run(monkeypatch, lambda factor: 1 + (factor - 1.1) ** 2, q=1e5)
    assert (found.p, found.q, found.adjusted_r2) == (None, None, None)
    assert found.factor == pytest.approx(1.1, abs=STEP)


@pytest.fixture
def tiny(tiny_resnet, tiny_images, calibrated_model):
    graph, calibration = calibrated_model(tiny_resnet)
    given = Samples(tiny_images[:6], opened(tiny_resnet, "logits")[0], NumpyBackend(6, 8))
    return graph, calibration, given


def test_each_trial_is_that_of_the_network_with_this_factor(tiny) -> None:
    """And the network that comes out is the one with the factor that was found."""
    graph, calibration, given = tiny
    options = ConversionOptions(steps=16)
    converted = hu.convert(graph, calibration, given, options)
    record = converted.record
    assert isinstance(record, SearchRecord)
    assert len(record.trials) >= 3
    plain = convert(graph, calibration, ConversionOptions(compensation="none", steps=16))
    targets = given.targets(plain)
    for trial in record.trials:
        alone = convert(graph, calibration, ConversionOptions(compensation=trial.factor, steps=16))
        assert trial_of(trial.factor, propagation_errors(alone, targets, 16, backend=NumpyBackend(2, 5))) == trial
    least = min(trial.absolute_error for trial in record.trials)
    assert next(t for t in record.trials if t.factor == record.factor).absolute_error == least
    best = convert(graph, calibration, ConversionOptions(compensation=record.factor, steps=16))
    assert converted.network.nodes == best.nodes
    for name, tensor in best.tensors.items():
        np.testing.assert_array_equal(converted.network.tensors[name], tensor)
    assert converted.network.provenance.options == options.model_dump(mode="json") | {"factor": record.factor}


def test_threads_and_batches_change_nothing(tiny) -> None:
    graph, calibration, given = tiny
    options = ConversionOptions(steps=8)
    expected = hu.convert(graph, calibration, given, options).record
    other = Samples(given.images, given.model, NumpyBackend(2, 3), threads=2)
    assert hu.convert(graph, calibration, other, options).record == expected


def test_a_network_of_one_layer_can_be_searched(new_model, tmp_path, tiny_images, calibrated_model) -> None:
    """Nothing is known of growth with depth, so the search starts at the lower end."""
    b = new_model()
    b.classifier(b.relu(b.conv("input", "conv", (4, 2, 3, 3)), "relu"), 4)
    path = b.save(tmp_path / "one.onnx")
    graph, calibration = calibrated_model(path)
    given = Samples(tiny_images[:4], opened(path, "logits")[0], NumpyBackend(4, 8))
    options = ConversionOptions(steps=10, readout=ReadoutMode.CURRENT, percentile=100)
    record = hu.convert(graph, calibration, given, options).record
    assert isinstance(record, SearchRecord)
    assert (record.q, record.adjusted_r2) == (1.0, None)
    assert [trial.factor for trial in record.trials][:2] in ([1.0], [1.0, within(1.0, record.tau_max or 2)])


def test_a_factor_that_costs_decisions_says_so(monkeypatch) -> None:
    found = run(monkeypatch, lambda factor: 1 + abs(factor - 1.03), lambda factor: 0.9 if factor == 1.0 else 0.8)
    assert found.factor == pytest.approx(1.03, abs=1e-6)
    assert found.note is not None
    assert found.note.startswith("it decides as the ONNX model on 80.0 % of the images, ζ = 1 on 90.0 %")
