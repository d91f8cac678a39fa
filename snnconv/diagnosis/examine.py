"""Measures a network and every stage between it and its model, and looks for causes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from snnconv import passes
from snnconv.choices import MaxPooling
from snnconv.conversion.options import ConversionOptions
from snnconv.diagnosis.batchnorm import normalised
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.given import Given
from snnconv.diagnosis.input_range import InputRange, input_range
from snnconv.diagnosis.model import DiagnosedLayer, PartName, Severity
from snnconv.diagnosis.shortcuts import WrongGain, wrong_gains
from snnconv.diagnosis.spikes import Spikes, spikes
from snnconv.diagnosis.split import Ladder, increments, parts, stages
from snnconv.diagnosis.stages import spiking_stages
from snnconv.diagnosis.trials import grown, tried
from snnconv.errors import NetworkError
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.compared import Outcome, layers_of
from snnconv.measuring.propagation_error import PropagationErrors
from snnconv.measuring.relus import Relus, relus
from snnconv.runtime.backends import choose
from snnconv.transforms.rescaled import rescaled
from snnconv.transforms.uncompensated import uncompensated
from snnconv.transforms.with_tensors import with_tensors

Array = np.ndarray[Any, Any]

_UNUSED = 0.5
"""λ counts as too large where the 99.9th percentile of the activations uses less than this part of it."""


def examine(given: Given) -> tuple[Case, PropagationErrors]:
    """Measure a network and the stages before it.

    Raises
    ------
    NetworkError
        If no layer stands for a value of the ONNX model.
    DataError
        If there are no images.
    """
    network = given.network
    if not layers_of(network):
        raise NetworkError(
            "no layer of neurons stands for a value of the ONNX model, so there is nothing to compare; "
            "diagnose a network that snnconv convert made"
        )
    ranges = input_range(target.images for target in given.targets())
    plain = uncompensated(network) or network
    gains, timeless = _timeless(given, plain)
    made = spiking_stages(network)
    ladder: list[tuple[PartName | None, Any]] = [(None, timeless.model), (PartName.WEIGHTS, timeless.repaired)]
    if gains:
        ladder.append((PartName.SHORTCUTS, timeless.plain))
    ladder.append((PartName.CLIPPING, timeless.clipped))
    simplest = made[0].network
    tight, factors = _tight(simplest, timeless.used)
    if tight is not None:
        found = _simulated(given, tight, simplest, "λ in use", factors)
        ladder.append((PartName.STEPS, _by_current(found)))
    for stage in made:
        found = _simulated(given, stage.network, simplest, stage.last.value)
        if stage.last is PartName.STEPS:
            ladder.append((PartName.STEPS if tight is None else PartName.RANGE, _by_current(found)))
        if stage.last is not PartName.STEPS or found.by_current is not None:
            ladder.append((PartName.READOUT if stage.last is PartName.STEPS else stage.last, found.outcome))
    case = _case(given, ranges, ladder, timeless, found, gains)
    severity = case.severity(PartName.STEPS)
    if severity is Severity.LOSS:
        growing, trial = tried(given, simplest)
        case = replace(case, growing=growing, trial=trial)
    elif severity is Severity.ERROR:
        # where no decisions are lost the fit says enough
        case = replace(case, growing=grown(given, simplest, given.steps)[0])
    return case, found.errors


def _timeless(given: Given, plain: SpikingNetwork) -> tuple[tuple[WrongGain, ...], Relus]:
    """Measure the stages without time, and keep those repairs of shortcuts that bring the network nearer the model."""
    gains = wrong_gains(plain)
    repaired = with_tensors(plain, {gain.tensor: gain.repaired for gain in gains}) if gains else plain
    graph = given.survey.graph
    caps: Mapping[str, float] = {}
    if graph is not None:
        caps = passes.run(graph, passes.pipeline(MaxPooling.GATE)).caps
    found = relus(repaired, plain, given.targets(), given.steps, caps, given.threads)
    layers = layers_of(plain)
    if gains and not found.repaired.error(layers) < found.plain.error(layers):
        # gains of the model itself, such as a normalisation on the shortcut
        return (), relus(plain, plain, given.targets(), given.steps, caps, given.threads)
    return gains, found


def _tight(network: SpikingNetwork, used: Mapping[str, float]) -> tuple[SpikingNetwork | None, dict[str, float]]:
    """Give the network with λ that its activations use, where some use little of it."""
    factors = {name: part for name, part in used.items() if 0 < part < _UNUSED}
    return (rescaled(network, factors) if factors else None), factors


def _simulated(
    given: Given,
    network: SpikingNetwork,
    limit: SpikingNetwork,
    what: str,
    stretch: Mapping[str, float] | None = None,
) -> Spikes:
    return spikes(
        network,
        limit,
        given.targets(),
        given.steps,
        backend=choose(given.backend, network, seed=given.seed),
        threads=given.threads,
        progress=lambda done: given.progress(f"stage: {what}", done, given.count),
        stretch=stretch,
    )


def _by_current(found: Spikes) -> Outcome:
    """Give what came of a stage if the classes are compared by the current that reached them."""
    return found.outcome if found.by_current is None else replace(found.outcome, decisions=found.by_current)


def _case(
    given: Given,
    ranges: InputRange,
    ladder: Ladder,
    timeless: Relus,
    found: Spikes,
    gains: tuple[WrongGain, ...],
) -> Case:
    layers = layers_of(given.network)
    made = stages(ladder, given.labels, layers, given.network.readout.shape[0])
    return Case(
        paths=given.paths,
        network=given.network,
        options=_options(given.network),
        calibration=given.calibration,
        classes=given.network.readout.shape[0],
        images=given.count,
        labelled=0 if given.labels is None else len(given.labels),
        steps=given.steps,
        tolerance=given.tolerance,
        input=ranges,
        layers=_layers(timeless, found, given.tolerance),
        stages=made,
        parts=parts(made),
        increments=increments(ladder),
        wanted=timeless.wanted,
        limit=timeless.limit,
        wrong_gains=gains,
        normalised=normalised(given.survey, (target.images for target in given.targets()), threads=1),
    )


def _layers(timeless: Relus, found: Spikes, tolerance: float) -> tuple[DiagnosedLayer, ...]:
    return tuple(
        DiagnosedLayer(
            **layer.model_dump(),
            least_error=timeless.least[layer.name],
            clipping_error=timeless.clipped.errors[layer.name],
            time_error=found.time[layer.name],
            used=timeless.used[layer.name],
            beyond_tolerance=layer.absolute_error > timeless.least[layer.name] + tolerance,
        )
        for layer in found.errors.layers
    )


def _options(network: SpikingNetwork) -> ConversionOptions | None:
    """Give the options that a network's file records; what a method found stands beside them."""
    recorded = network.provenance.options
    try:
        return ConversionOptions.model_validate(
            {name: value for name, value in recorded.items() if name in ConversionOptions.model_fields}
        )
    except ValidationError:
        return None
