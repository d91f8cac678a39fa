"""Reports as a run would give them, random but fixed, without any run."""

from functools import cache
from typing import Any

import numpy as np

from snnconv.account.neurobench import NeuroBench, SynapticOperations
from snnconv.reporting.counting.dense_rate import DenseRateCounts
from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.load import builtin_profiles
from snnconv.reporting.energy.price import price
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.reporting.intervals import wilson
from snnconv.reporting.model import (
    AnnResult,
    ClassRow,
    Confusion,
    CountedOtherwise,
    Curve,
    Fact,
    LayerCurve,
    LayerRow,
    Provenance,
    Report,
    StepRow,
)
from snnconv.runs.summary import (
    DataSummary,
    NetworkSummary,
    Operations,
    RunSummary,
    reported_steps,
)
from snnconv.runs.summary_parts import ConnectionSummary
from tests.reporting.page.made import Made
from tests.reporting.page.made_observations import make_observation


@cache
def make_report(**changes: Any) -> Report:
    """Make a report; the changes are fields of `Made`."""
    made = Made(**changes)
    rng = np.random.default_rng(made.seed)
    layers = _layers(made, rng)
    steps = tuple(range(1, made.steps + 1))
    spikes, synops = sum(x.spikes_per_image for x in layers), sum(x.synops_per_image for x in layers)
    curve = _curve(made, steps, spikes, synops)
    ann, snn = _counts(made, layers, spikes, synops)
    profiles = _profiles() if made.energy else ()
    last = tuple(_step_row(made, curve, at) for at in reported_steps(made.steps))
    classes, confusions = _classes(made, rng)
    return Report(
        complete=made.complete,
        run=_summary(made, layers, ann, snn),
        accuracy_by_step=last,
        ann=AnnResult(accuracy=0.92, accuracy_low=0.9, accuracy_high=0.935) if made.labels and made.reference else None,
        synops_per_mac=synops / ann.macs,
        ac_per_mac=1.75,
        layers=layers,
        energy=tuple(price(profile, ann, snn, layers, _connections(layers)) for profile in profiles),
        profiles=profiles,
        curve=curve,
        layer_curves=tuple(
            LayerCurve(
                name=layer.name,
                spikes_per_image=tuple(layer.spikes_per_image * row.step / made.steps for row in last),
                synops_per_image=tuple(layer.synops_per_image * (row.step / made.steps) ** 1.2 for row in last),
            )
            for layer in layers
        ),
        classes=classes,
        confusions=confusions,
        ann_counts=ann,
        snn_counts=snn,
        counted_otherwise=CountedOtherwise(
            ms_resnet=None, dense_rate=DenseRateCounts(acs=1.5 * synops, macs=snn.macs_each_step), snn_toolbox=None
        ),
        neurobench=NeuroBench(
            Footprint=4 * 269_722,
            ParameterCount=269_722,
            ConnectionSparsity=0.0012,
            ActivationSparsity=0.9,
            SynapticOperations=SynapticOperations(Effective_MACs=None, Effective_ACs=synops, Dense=2e9),
            MembraneUpdates=None,
        ),
        method=(
            Fact(title="SynOps", text="Spikes times real fan-out."),
            Fact(title="Time steps", text=str(made.steps)),
        ),
        provenance=Provenance(
            command_line=("snnconv", "simulate", made.name, "--data", "test images.npz"),
            versions={"snnconv": "0.1.0", "numpy": "2.0.0"},
            request={"network": {"name": made.name, "options": dict(made.options)}, "seed": made.seed, "labels": None},
        ),
        citations=("@article{hu2021,\n  title = {Spiking Deep Residual Networks},\n}",),
        observation=make_observation(made, rng) if made.observed else None,
    )


@cache
def _profiles() -> tuple[EnergyProfile, ...]:
    return builtin_profiles()


def _layers(made: Made, rng: np.random.Generator) -> tuple[LayerRow, ...]:
    rows = []
    neurons = 16 * made.side**2
    for name in made.layers:
        rate = float(rng.uniform(0.02, 0.2))
        spikes = rate * neurons * made.steps
        rows.append((name, neurons, spikes, rate, spikes * 144))
    rows.append(("logits", 0, 0.0, None, 5000.0))
    total = sum(row[-1] for row in rows)
    return tuple(
        LayerRow(
            name=name,
            neurons=count,
            spikes_per_image=spikes,
            mean_rate=rate,
            synops_per_image=synops,
            fed_operations=144 * count,
            synops_share=synops / total,
            spikes_per_neuron=spikes / count if count else None,
        )
        for name, count, spikes, rate, synops in rows
    )


def _curve(made: Made, steps: tuple[int, ...], spikes: float, synops: float) -> Curve:
    time = np.array(steps, dtype=float)
    end = 0.9 - 0.01 * made.seed
    right = np.round(made.images * end * (1 - 0.9 * np.exp(-time / (made.steps / 10)))).astype(int)
    ends = [wilson(int(hits), made.images) for hits in right]
    return Curve(
        steps=steps,
        accuracy=tuple(float(v) / made.images for v in right) if made.labels else None,
        accuracy_low=tuple(low for low, _ in ends) if made.labels else None,
        accuracy_high=tuple(high for _, high in ends) if made.labels else None,
        agreement=tuple(float(v) / made.images * 1.02 for v in right) if made.reference else None,
        spikes_per_image=tuple((spikes * time / made.steps).tolist()),
        synops_per_image=tuple((synops * time / made.steps).tolist()),
    )


def _step_row(made: Made, curve: Curve, step: int) -> StepRow:
    at = step - 1

    def of(values: tuple[float, ...] | None) -> float | None:
        return None if values is None else values[at]

    loss = None if curve.accuracy is None or not made.reference else 100 * (0.92 - curve.accuracy[at])
    return StepRow(
        step=step,
        accuracy=of(curve.accuracy),
        accuracy_low=of(curve.accuracy_low),
        accuracy_high=of(curve.accuracy_high),
        loss_points=loss,
        loss_points_low=None if loss is None else loss - 0.83,
        loss_points_high=None if loss is None else loss + 0.79,
        agreement=of(curve.agreement),
        top5=0.99 if made.labels else None,
        spikes_per_image=curve.spikes_per_image[at],
        synops_per_image=curve.synops_per_image[at],
        ac_per_mac=1.75 * step / made.steps,
    )


def _counts(made: Made, layers: tuple[LayerRow, ...], spikes: float, synops: float) -> tuple[AnnCounts, SnnCounts]:
    neurons = sum(layer.neurons for layer in layers)
    ann = AnnCounts(macs=40_108_032, macs_padded=40_551_040, parameters=269_722, activations=neurons)
    snn = SnnCounts(
        steps=made.steps,
        spikes=spikes,
        synops=synops,
        macs_once=442_368,
        macs_each_step=442_368 * made.steps,
        bias_adds=neurons * made.steps,
        membrane_adds=neurons * made.steps,
        leaks=0,
        comparisons=neurons * made.steps,
        resets=spikes,
        pooling_adds=0.0,
        readout_adds=made.classes * made.steps,
    )
    return ann, snn


def _summary(made: Made, layers: tuple[LayerRow, ...], ann: AnnCounts, snn: SnnCounts) -> RunSummary:
    # the page reads the run's names, options and layers; by-step numbers come from the report
    return RunSummary(
        complete=made.complete,
        images=made.images,
        planned_images=made.images if made.complete else 2 * made.images,
        steps=made.steps,
        classes=made.classes,
        encoding="constant",
        backend="event",
        threads=2,
        seconds=12.5,
        images_per_second=made.images / 12.5,
        accuracy=None,
        agreement=None,
        top5=None,
        spikes_per_image={},
        synops_per_image={},
        reference_accuracy=None,
        layers=(),
        operations=Operations(
            ann_macs=ann.macs,
            ann_macs_padded=ann.macs_padded,
            constant_macs=snn.macs_once,
            changing_macs_per_step=0,
        ),
        network=NetworkSummary(
            name=made.name,
            sha256="a1" * 32,
            source_name="resnet20.onnx",
            method=made.method,
            options=dict(made.options),
            citations=("Hu, Tang, Pan",),
        ),
        data=DataSummary(name="test images.npz", sha256="b2" * 32),
    )


def _classes(
    made: Made, rng: np.random.Generator
) -> tuple[tuple[ClassRow, ...], tuple[Confusion, ...]] | tuple[None, None]:
    if not made.labels:
        return None, None
    each = max(made.images // made.classes, 2)
    matrix = np.zeros((made.classes, made.classes), dtype=int)
    for label in range(made.classes):
        right = int(rng.integers(each // 2, each))
        matrix[label, label] = right
        for other in rng.integers(0, made.classes, each - right):
            matrix[label, other] += 1
    rows = tuple(
        ClassRow(label=k, images=int(row.sum()), right=int(row[k]), ann_right=int(row[k]) if made.reference else None)
        for k, row in enumerate(matrix)
    )
    pairs = tuple(
        Confusion(label=int(a), decision=int(b), images=int(matrix[a, b]))
        for a, b in zip(*matrix.nonzero(), strict=True)
    )
    return rows, pairs


def _connections(layers: tuple[LayerRow, ...]) -> tuple[ConnectionSummary, ...]:
    """Give a node for each layer, the first on the image."""
    return tuple(
        ConnectionSummary(
            name=f"{layer.name}.conv",
            kind="Conv",
            feeds=layer.name,
            reads=() if before is None else (before.name,),
            reads_current=before is None,
            constant=before is None,
            unit_spikes=before is not None,
            shortcut=False,
            outputs=layer.neurons or 10,
            biased=True,
            weights=500,
            zero_weights=0,
            full_fan_out=9,
            strided=False,
            macs=4000,
            macs_padded=4500,
            synops_per_image=0.0 if before is None else layer.synops_per_image,
        )
        for before, layer in zip((None, *layers), layers, strict=False)
    )
