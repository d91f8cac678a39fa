"""Makes the report of a run folder."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from snnconv.data.classes import ONE_NUMBER, decides
from snnconv.errors import RunError, UsageError
from snnconv.reporting.chance import of_run
from snnconv.reporting.citations import citations
from snnconv.reporting.classes import classes, confusions
from snnconv.reporting.counting.dense_rate import dense_rate
from snnconv.reporting.counting.ms_resnet import ms_resnet
from snnconv.reporting.counting.neurobench import neurobench_of
from snnconv.reporting.counting.sengupta import ac_per_mac, per_neuron
from snnconv.reporting.counting.snn_toolbox import snn_toolbox
from snnconv.reporting.counts import counts_of
from snnconv.reporting.curve import curve, layer_curves
from snnconv.reporting.decisions import Decisions, decisions
from snnconv.reporting.energy.load import load_profile
from snnconv.reporting.energy.price import price
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.reporting.intervals import paired_difference, wilson
from snnconv.reporting.method_box import method_box
from snnconv.reporting.model import AnnResult, CountedOtherwise, LayerRow, Provenance, Report, StepRow
from snnconv.reporting.observed import observed
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.run_record import load_record
from snnconv.runs.summary import RunSummary, load_summary, reported_steps


def report(folder: Path | str, profiles: Sequence[EnergyProfile | str | Path] = ()) -> Report:
    """Report a run, finished or not.

    Parameters
    ----------
    folder : Path
        A run folder.
    profiles : sequence of EnergyProfile, str or Path
        What to price the operations with: profiles, ids of those that are built in, or files.

    Raises
    ------
    FileMissingError
        If there is no run.
    RunError
        If the run has no images yet, or its files are damaged.
    ProfileError
        If there is no such profile.
    """
    priced = [one if isinstance(one, EnergyProfile) else load_profile(one) for one in profiles]
    run = RunFolder(Path(folder))
    summary = load_summary(run)
    if not summary.images:
        raise RunError(f"{folder} holds no images yet, at least one is needed; run simulate")
    decided = decisions(run, summary)
    synops = summary.synops_per_image[str(summary.steps)]
    macs = summary.operations.ann_macs
    steps = reported_steps(summary.steps)
    rows = tuple(_row(summary, decided, step) for step in steps)
    ann, snn = counts_of(summary)
    record = load_record(run)
    return Report(
        complete=summary.complete,
        run=summary,
        accuracy_by_step=rows,
        ann=_ann(decided),
        near_chance=_near_chance(summary, decided),
        synops_per_mac=synops / macs if macs else None,
        ac_per_mac=rows[-1].ac_per_mac,
        layers=tuple(
            LayerRow(
                **layer.model_dump(),
                synops_share=layer.synops_per_image / synops if synops else None,
                spikes_per_neuron=per_neuron(layer),
            )
            for layer in summary.layers
        ),
        energy=tuple(price(profile, ann, snn, summary.layers, summary.connections) for profile in priced),
        profiles=tuple(priced),
        curve=curve(decided),
        layer_curves=layer_curves(summary, decided, steps),
        classes=classes(decided),
        confusions=confusions(decided),
        ann_counts=ann,
        snn_counts=snn,
        counted_otherwise=CountedOtherwise(
            ms_resnet=ms_resnet(summary), dense_rate=dense_rate(summary), snn_toolbox=snn_toolbox(summary)
        ),
        neurobench=neurobench_of(summary),
        method=method_box(summary, ann, snn, priced),
        provenance=Provenance(
            command_line=record.command_line, versions=dict(record.versions), request=record.request.values()
        ),
        citations=citations(summary, priced),
        observation=observed(run, summary, decided),
    )


def exceeds(made: Report, points: float) -> bool:
    """Say whether the loss of accuracy at the last step is above a limit.

    The estimate decides, not its interval. In an unfinished run it is the loss on the images so far.

    Parameters
    ----------
    made : Report
    points : float
        The largest loss allowed, in percentage points.

    Raises
    ------
    UsageError
        If the limit is no finite number.
    RunError
        If the run has no reference or no labels.
    """
    if not isfinite(points):
        raise UsageError(f"the largest drop allowed must be a number of percentage points, found {points}")
    loss = made.accuracy_by_step[-1].loss_points
    if not decides(made.run.classes):
        raise RunError(
            f"the run has no loss of accuracy to compare: the network gives {ONE_NUMBER}; leave --max-drop out"
        )
    if loss is None:
        raise RunError(
            "the run has no loss of accuracy to compare: "
            "run simulate with --reference, the ONNX model, on data with labels"
        )
    return loss > points


def _row(summary: RunSummary, decided: Decisions, step: int) -> StepRow:
    key = str(step)
    right = None if decided.right is None else decided.right[step]
    hits = None if right is None else int(right.sum())
    low, high = (None, None) if hits is None else wilson(hits, decided.images)
    loss = None
    if right is not None and decided.ann_right is not None:
        ann = decided.ann_right
        loss = paired_difference(int((ann & ~right).sum()), int((~ann & right).sum()), decided.images)
    return StepRow(
        step=step,
        accuracy=None if hits is None else hits / decided.images,
        accuracy_low=low,
        accuracy_high=high,
        loss_points=None if loss is None else loss.points,
        loss_points_low=None if loss is None else loss.low,
        loss_points_high=None if loss is None else loss.high,
        agreement=None if summary.agreement is None else summary.agreement[key],
        top5=None if summary.top5 is None else summary.top5[key],
        spikes_per_image=summary.spikes_per_image[key],
        synops_per_image=summary.synops_per_image[key],
        ac_per_mac=ac_per_mac(summary, decided.spikes[:, :step].sum(axis=1) / decided.images),
    )


def _near_chance(summary: RunSummary, decided: Decisions) -> str | None:
    right, ann = decided.right, decided.ann_right
    return of_run(
        None if right is None else int(right[summary.steps].sum()),
        None if ann is None else int(ann.sum()),
        decided.images,
        summary.classes,
    )


def _ann(decided: Decisions) -> AnnResult | None:
    right = decided.ann_right
    if right is None:
        return None
    hits = int(right.sum())
    low, high = wilson(hits, decided.images)
    return AnnResult(accuracy=hits / decided.images, accuracy_low=low, accuracy_high=high)
