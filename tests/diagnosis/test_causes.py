"""Networks that are broken on purpose, one cause each: the first finding names it."""

from dataclasses import replace

import numpy as np
import pytest

from snnconv.diagnosis.model import CauseName, Diagnosis, PartName, Severity
from snnconv.ir import nodes as ir
from snnconv.transforms.rescaled import rescaled
from snnconv.transforms.with_tensors import with_tensors


def part(made: Diagnosis, name: PartName) -> float:
    return next(found.lost for found in made.parts if found.name is name)


def first(made: Diagnosis, cause: CauseName, *, severity: Severity = Severity.LOSS):
    """Give the first finding, which names this cause."""
    found = made.findings[0]
    assert (found.cause, found.severity) == (cause, severity), made.findings
    assert found.evidence
    assert found.advice
    return found


def test_nothing_is_wrong(healthy) -> None:
    (found,) = healthy.findings
    assert (found.cause, found.severity, found.layer, found.command) == (
        CauseName.NOTHING,
        Severity.NONE,
        None,
        None,
    )
    assert f"{healthy.images} of {healthy.images} images" in found.evidence
    assert healthy.first_beyond_tolerance is None


def test_percentile_too_low(workshop) -> None:
    made = workshop.diagnosed(workshop.converted("p90", percentile=90))
    found = first(made, CauseName.SATURATION)
    assert found.lost == pytest.approx(part(made, PartName.CLIPPING))
    assert "percentile 90" in found.evidence
    # what to try is what was right
    assert found.command is not None
    assert "--percentile" not in found.command
    assert "--steps 100" in found.command
    assert made.layers[0].saturated == pytest.approx(0.1, abs=0.02)


def test_one_large_activation_sets_every_scale(workshop) -> None:
    def outlier(x):
        x = x.astype(np.float32)
        x[7] *= 12
        return x

    data = workshop.data("outlier", outlier)
    network = workshop.converted("wide", workshop.calibrated("outlier", data), percentile=100, steps=64)
    made = workshop.diagnosed(network, workshop.data("floats", lambda x: x.astype(np.float32)))
    found = first(made, CauseName.WIDE_RANGE)
    assert found.lost == pytest.approx(part(made, PartName.RANGE))
    assert part(made, PartName.STEPS) < found.lost / 4
    assert found.command is not None
    assert "--percentile" not in found.command


def test_too_few_steps(workshop) -> None:
    made = workshop.diagnosed(workshop.good, steps=16)
    found = first(made, CauseName.FEW_STEPS)
    assert found.lost == pytest.approx(part(made, PartName.STEPS))
    assert [one.steps for one in made.growing][:3] == [8, 16, 32]
    errors = [one.error for one in made.growing]
    assert errors == sorted(errors, reverse=True)
    # what it says would do does
    assert made.growing[-1].agreement == 1.0
    assert f"--steps {made.growing[-1].steps}" in str(found.command)
    assert workshop.diagnosed(workshop.good, steps=made.growing[-1].steps).agreement == 1.0


def test_poisson_noise(workshop, change_nodes) -> None:
    # spikes that stand for 12 times the largest pixel: the same mean, twelve times the variance and more
    def noisy(network):
        return replace(change_nodes(network, ir.Input, amplitude=12.0), encoding=ir.Encoding.POISSON)

    made = workshop.diagnosed(workshop.edited("noisy", noisy), steps=96)
    found = first(made, CauseName.POISSON)
    assert found.lost == pytest.approx(part(made, PartName.ENCODING))
    assert "--encoding constant" in str(found.command)


def test_reset_to_zero(workshop) -> None:
    made = workshop.diagnosed(workshop.converted("zero", reset="zero"))
    found = first(made, CauseName.RESET)
    assert found.lost == pytest.approx(part(made, PartName.RESET))
    assert "--reset" not in str(found.command)


def test_a_factor_that_was_chosen_for_reset_to_zero_is_not_blamed_for_what_the_reset_costs(workshop) -> None:
    """ζ of 1.3 gives back what reset to zero costs; without the reset it would be far too strong."""
    made = workshop.diagnosed(workshop.converted("zero-made-up", reset="zero", compensation=1.3))
    assert made.agreement > 1 - part(made, PartName.RESET)
    assert part(made, PartName.COMPENSATION) < 0
    assert CauseName.COMPENSATION not in [found.cause for found in made.findings]


@pytest.mark.parametrize("form", ["weights", "thresholds"])
def test_shortcuts_that_cost_decisions(form, workshop) -> None:
    made = workshop.diagnosed(workshop.converted(f"equal-{form}", shortcut="equal", form=form))
    found = first(made, CauseName.SHORTCUT)
    assert found.lost == pytest.approx(part(made, PartName.SHORTCUTS))
    assert "(4 of them)" in found.evidence
    assert "--shortcut" not in str(found.command)


def test_shortcuts_that_cost_none_here(workshop) -> None:
    made = workshop.diagnosed(workshop.converted("unnormalised", shortcut="unnormalised"))
    found = first(made, CauseName.SHORTCUT, severity=Severity.ERROR)
    assert found.layer == made.first_beyond_tolerance
    assert found.error is not None
    assert found.error > 0.01


def test_a_shortcut_that_was_edited(workshop) -> None:
    def doubled(network):
        name = next(node.gain for node in network.nodes if isinstance(node, ir.Scale))
        return with_tensors(network, {name: 3 * np.asarray(network.tensors[name])})

    made = workshop.diagnosed(workshop.edited("shortcut", doubled))
    assert made.findings[0].cause is CauseName.SHORTCUT
    assert "(1 of them)" in made.findings[0].evidence


def test_weights_that_are_not_the_models(workshop) -> None:
    def halved(network):
        name = [node.weight for node in network.nodes if isinstance(node, ir.Conv)][4]
        return with_tensors(network, {name: -np.asarray(network.tensors[name])})

    made = workshop.diagnosed(workshop.edited("weights", halved))
    found = first(made, CauseName.NOT_THE_MODEL)
    network_layers = [layer.name for layer in made.layers]
    assert found.layer == network_layers[4]


def test_a_silent_layer(workshop) -> None:
    def silent(network):
        name = network.neurons[6].threshold
        return replace(network, tensors={**network.tensors, name: 1000 * np.asarray(network.tensors[name])})

    made = workshop.diagnosed(workshop.edited("silent", silent))
    found = first(made, CauseName.SILENT_LAYER)
    assert found.layer == made.layers[6].name
    assert CauseName.NOT_THE_MODEL not in {one.cause for one in made.findings}


def test_membranes_that_start_high(workshop, change_nodes) -> None:
    def charged(network):
        tensors = {f"{node.name}.start": np.float32(30) for node in network.neurons}
        nodes = tuple(
            node.model_copy(update={"initial_potential": f"{node.name}.start"}) if isinstance(node, ir.Neuron) else node
            for node in network.nodes
        )
        return replace(network, nodes=nodes, tensors={**network.tensors, **tensors})

    made = workshop.diagnosed(workshop.edited("charged", charged))
    found = first(made, CauseName.INITIAL)
    assert found.lost == pytest.approx(part(made, PartName.INITIAL))
    assert "30 thresholds" in found.evidence


@pytest.mark.parametrize(("factor", "biases"), [(1.5, False), (1.8, True)])
def test_compensation_too_strong(factor, biases, workshop) -> None:
    network = workshop.converted(f"strong-{biases}", compensation=factor, compensate_biases=biases)
    made = workshop.diagnosed(network)
    found = first(made, CauseName.COMPENSATION)
    assert found.lost == pytest.approx(part(made, PartName.COMPENSATION))
    # without the factor it is the good network
    assert part(made, PartName.WEIGHTS) == 0
    assert part(made, PartName.STEPS) == 0
    assert f"{factor}" in found.evidence


@pytest.mark.parametrize("ties", ir.Ties)
def test_classes_that_fire_at_every_step(ties, workshop, change_nodes) -> None:
    def level(network):
        small = rescaled(network, {network.neurons[-1].name: 0.01})
        return change_nodes(small, ir.Readout, ties=ties)

    made = workshop.diagnosed(workshop.edited(f"level-{ties}", level))
    found = first(made, CauseName.READOUT)
    assert found.lost == pytest.approx(part(made, PartName.READOUT))
    # the current tells them apart
    assert part(made, PartName.CLIPPING) == 0
    assert "--readout current" in str(found.command)


def test_wrong_preprocessing(workshop) -> None:
    network = workshop.converted("no-mean", workshop.calibrated("no-mean", mean="0", std="1"))
    made = workshop.diagnosed(network)
    found = next(one for one in made.findings if one.cause is CauseName.PREPROCESSING)
    # what a better input would give back was not measured
    assert (found.severity, found.lost) == (Severity.ERROR, None)
    assert "right on 4 of 24 labelled images, where guessing among 10 classes gets 10 %" in found.evidence
    assert "Recorded are scale 16, mean 0, std 1" in found.evidence


def test_images_that_reach_the_model_otherwise_than_at_calibration(workshop) -> None:
    made = workshop.diagnosed(
        workshop.good, workshop.data("inverted", lambda x: 16 - x), calibration=workshop.calibrated()
    )
    found = first(made, CauseName.PREPROCESSING)
    assert made.model_accuracy is not None
    assert found.lost == pytest.approx(1 - made.model_accuracy)
    assert "at calibration on 300 of 300" in found.evidence


def test_wrong_preprocessing_without_labels(workshop) -> None:
    """The model's own BatchNorms know what their input was in training."""
    network = workshop.converted("unscaled", workshop.calibrated("unscaled", scale=255.0))
    made = workshop.diagnosed(network, workshop.data("unlabelled", lambda x: x, labels=False))
    assert made.model_accuracy is None
    found = next(one for one in made.findings if one.cause is CauseName.PREPROCESSING)
    assert found.severity is Severity.ERROR
    assert "BatchNorm" in found.evidence


@pytest.mark.parametrize("with_calibration", [False, True])
def test_images_unlike_those_of_the_calibration(with_calibration, workshop) -> None:
    bright = workshop.data("bright", lambda x: (2 * x.astype(int)).clip(0, 24).astype(np.uint8), labels=False)
    made = workshop.diagnosed(workshop.good, bright, calibration=workshop.calibrated() if with_calibration else None)
    causes = [one.cause for one in made.findings]
    assert CauseName.OTHER_DATA in causes
    assert CauseName.SATURATION not in causes
    found = made.findings[causes.index(CauseName.OTHER_DATA)]
    assert ("beside [-1, 1]" if with_calibration else "that of the calibration 1") in found.evidence
    assert "--scale 16 --mean 0.5 --std 0.5" in str(found.command)


def test_what_a_remedy_gives_back_is_not_lost(workshop) -> None:
    """At 32 steps the network needs V(0) = θ/2, and has it: nothing is lost, so nothing is found to be lost."""
    made = workshop.diagnosed(workshop.converted("half", initial_potential=0.5, steps=32), samples=64)
    assert part(made, PartName.STEPS) > 0.05
    assert part(made, PartName.INITIAL) < -0.05
    assert made.agreement > 0.97
    assert all(found.severity is not Severity.LOSS for found in made.findings)
