"""The split of the loss: it adds up, its stages are the networks that they are said to be, and nothing depends on T."""

from dataclasses import replace

import numpy as np
import pytest

import snnconv
from snnconv.choices import BackendName
from snnconv.diagnosis.model import PartName
from snnconv.diagnosis.shortcuts import wrong_gains
from snnconv.diagnosis.split import increments, parts, stages
from snnconv.diagnosis.stages import spiking_stages
from snnconv.ir import file
from snnconv.ir import nodes as ir
from snnconv.measuring.compared import Outcome
from snnconv.runtime.program import relu_values
from snnconv.transforms.rescaled import rescaled
from snnconv.transforms.uncompensated import factors_of, uncompensated
from snnconv.transforms.with_tensors import with_tensors


@pytest.fixture(scope="module")
def everything(workshop):
    """Give a network with every imperfection at once, and its diagnosis."""
    path = workshop.converted(
        "everything",
        percentile=97,
        shortcut="unnormalised",
        encoding="poisson",
        reset="zero",
        initial_potential=0.4,
        compensation=1.1,
    )
    return path, workshop.diagnosed(path, seed=3)


def test_parts_add_up(everything) -> None:
    _, made = everything
    assert [part.name for part in made.parts] == [name for name in PartName if name is not PartName.RANGE]
    assert sum(part.lost for part in made.parts) == pytest.approx(1 - made.agreement, abs=1e-12)
    assert sum(part.accuracy_lost for part in made.parts) == pytest.approx(
        made.model_accuracy - made.accuracy, abs=1e-12
    )
    assert sum(part.error for part in made.parts) == pytest.approx(made.stages[-1].error, abs=1e-12)
    assert made.stages[0].agreement == 1.0
    assert made.stages[0].error == 0.0
    assert made.stages[-1].agreement == made.agreement


def test_the_last_stage_is_the_network(everything, workshop, tmp_path) -> None:
    path, made = everything
    run = snnconv.simulate(
        path,
        workshop.data("plain", lambda x: x),
        tmp_path / "run",
        snnconv.SimulateOptions(limit=made.images, reference=workshop.model, seed=3),
    )
    assert run.agreement is not None
    assert made.agreement == run.agreement["100"]


def test_threads_and_backends_change_nothing(everything, workshop) -> None:
    path, _made = everything
    other = workshop.diagnosed(path, seed=3, threads=1, backend=BackendName.NUMPY, samples=10)
    same = workshop.diagnosed(path, seed=3, threads=3, samples=10)
    assert same.model_copy(update={"backend": other.backend}) == other


def test_the_stages_of_a_network(everything) -> None:
    path, _ = everything
    network = file.load(path)
    found = spiking_stages(network)
    assert [stage.last for stage in found] == [
        PartName.STEPS,
        PartName.INITIAL,
        PartName.RESET,
        PartName.ENCODING,
        PartName.COMPENSATION,
    ]
    assert found[-1].network is network
    simplest = found[0].network
    assert simplest.encoding is ir.Encoding.CONSTANT
    assert {node.rule.reset for node in simplest.neurons} == {ir.Reset.SUBTRACT}
    assert {node.initial_potential for node in simplest.neurons} == {None}


def test_a_paper_network_has_one_stage(workshop) -> None:
    assert [stage.last for stage in spiking_stages(file.load(workshop.good))] == [PartName.STEPS]


@pytest.mark.parametrize("options", [{"compensation": 1.25}, {"compensation": 0.9, "compensate_biases": True}])
def test_without_compensation(options, workshop) -> None:
    network = file.load(workshop.converted("factor", **options))
    plain = uncompensated(network)
    assert plain is not None
    expected = file.load(workshop.good)
    for name, tensor in expected.tensors.items():
        if not name.endswith(".grid"):
            np.testing.assert_allclose(plain.tensors[name], tensor, rtol=0, atol=1e-6 * max(1, np.abs(tensor).max()))


def test_factors_are_read_with_care(workshop) -> None:
    network = file.load(workshop.good)

    def recorded(**found):
        options = network.provenance.options | found
        return replace(network, provenance=network.provenance.model_copy(update={"options": options}))

    assert factors_of(network) is None
    assert factors_of(recorded(factor=1.1)).everywhere == 1.1
    assert factors_of(recorded(factors={"a": 1.2})).layers == {"a": 1.2}
    for wrong in (
        {"factor": "1.1"},
        {"factor": True},
        {"factor": -1.0},
        {"factor": float("nan")},
        {"factors": {"a": 0}},
    ):
        assert factors_of(recorded(**wrong)) is None


def test_other_scales_compute_the_same(workshop) -> None:
    """Without clipping and time λ does not matter."""
    network = file.load(workshop.good)
    factors = {node.name: 0.25 + 0.125 * index for index, node in enumerate(network.neurons)}
    other = rescaled(network, factors)
    assert other is not None
    x = _images(workshop, network)
    expected, _ = relu_values(network, x)
    found, _ = relu_values(other, x)
    for name, factor in factors.items():
        np.testing.assert_allclose(factor * found[name], expected[name], atol=1e-4)


def test_in_the_limit_rates_are_those_of_clipped_relus(workshop) -> None:
    """What is called finite time vanishes with T: the error falls as 1/T."""
    short, long = (workshop.diagnosed(workshop.good, steps=steps, samples=6) for steps in (100, 800))
    errors = [next(p.error for p in made.parts if p.name is PartName.STEPS) for made in (short, long)]
    assert errors[1] < errors[0] / 4
    # and what is called clipping does not
    clipped = [next(p.error for p in made.parts if p.name is PartName.CLIPPING) for made in (short, long)]
    assert clipped[0] == clipped[1] > 0
    assert all(a.time_error > b.time_error for a, b in zip(short.layers, long.layers, strict=True))


@pytest.mark.parametrize("form", ["weights", "thresholds"])
@pytest.mark.parametrize("granularity", ["layer", "channel"])
def test_right_shortcuts_are_not_found_wrong(form, granularity, workshop) -> None:
    network = file.load(workshop.converted("right", form=form, granularity=granularity))
    assert wrong_gains(network) == ()


def test_a_wrong_shortcut_is_put_right(workshop) -> None:
    right = file.load(workshop.good)
    wrong = file.load(workshop.converted("wrong", shortcut="unnormalised"))
    gains = wrong_gains(wrong)
    assert len(gains) == 4
    repaired = with_tensors(wrong, {gain.tensor: gain.repaired for gain in gains})
    for gain in gains:
        np.testing.assert_allclose(repaired.tensors[gain.tensor], right.tensors[gain.tensor], rtol=1e-5)
        assert gain.found == pytest.approx(1.0, rel=1e-6)


def test_parts_by_hand() -> None:
    def outcome(decisions, error):
        return Outcome(np.array(decisions), {"a": error})

    class Layer:
        name, neurons = "a", 3

    ladder = [
        (None, outcome([0, 1, 2, 3], 0.0)),
        (PartName.CLIPPING, outcome([0, 1, 2, 0], 0.25)),
        (PartName.STEPS, outcome([0, 0, 2, 3], 0.125)),
    ]
    made = stages(ladder, np.array([0, 1, 2, 0]), [Layer()], 3)
    assert [stage.agreement for stage in made] == [1.0, 0.75, 0.75]
    assert [stage.accuracy for stage in made] == [0.75, 1.0, 0.5]
    found = parts(made)
    assert [(p.name, p.lost, p.accuracy_lost, p.error) for p in found] == [
        (PartName.CLIPPING, 0.25, -0.25, 0.25),
        (PartName.STEPS, 0.0, 0.5, -0.125),
    ]
    assert increments(ladder) == {PartName.CLIPPING: {"a": 0.25}, PartName.STEPS: {"a": -0.125}}


def _images(workshop, network):
    with np.load(workshop.data("few", lambda x: x)) as found:
        return network.preprocessing.apply(found["x"][:4, :, :, None])
