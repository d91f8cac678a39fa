"""Operations of both networks for one image."""

from collections.abc import Callable

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.model import CountedOtherwise
from snnconv.reporting.page.blocks import Block, Section, Table
from snnconv.reporting.page.runs import Runs, missing
from snnconv.reporting.page.text import count

_OLDER = "counts shown as – are not known: the run was made by an older snnconv; run simulate with --overwrite."


def section(runs: Runs) -> Section:
    """Make the section."""
    head = ("Operation", *(run.label if run.tag else "Count" for run in runs))
    ann = [(title, *(_text(show(run.report.ann_counts)) for run in runs)) for title, show in _ANN]
    snn = [(title, *(_text(show(run.report.snn_counts)) for run in runs)) for title, show in _SNN]
    wide = len(runs) > 2
    blocks: list[Block] = [
        Table("ReLU network (ANN), for one image", head, tuple(ann), wide=wide),
        Table("Spiking network, for one image over all time steps (mean)", head, tuple(snn), wide=wide),
    ]
    others = [(title, *(_text(show(run.report.counted_otherwise)) for run in runs)) for title, show in _OTHERS]
    if any(cell != "–" for row in others for cell in row[1:]):
        blocks.append(Table("The same run, counted as others do", head, tuple(others), folded=True))
    blocks += missing(runs, lambda report: report.snn_counts.membrane_adds is None, _OLDER)
    lead = "Exact counts, without any price. What each line means is in the method box below."
    return Section("counts", "Operation counts", lead, blocks)


def _text(value: float | None) -> str:
    return "–" if value is None else count(value)


_ANN: tuple[tuple[str, Callable[[AnnCounts], float | None]], ...] = (
    ("Multiply-accumulates (MACs)", lambda c: c.macs),
    ("MACs with taps on padding", lambda c: c.macs_padded),
    ("Parameters", lambda c: c.parameters),
    ("Activations written", lambda c: c.activations),
)
_SNN: tuple[tuple[str, Callable[[SnnCounts], float | None]], ...] = (
    ("Time steps", lambda c: c.steps),
    ("Spikes", lambda c: c.spikes),
    ("Synaptic operations (SynOps)", lambda c: c.synops),
    ("MACs on currents, constant ones made once", lambda c: c.macs_once),
    ("MACs on currents, made anew at each step", lambda c: c.macs_each_step),
    ("Additions of biases", lambda c: c.bias_adds),
    ("Additions to membranes", lambda c: c.membrane_adds),
    ("Leaks", lambda c: c.leaks),
    ("Comparisons with the threshold", lambda c: c.comparisons),
    ("Resets", lambda c: c.resets),
    ("Additions in pools", lambda c: c.pooling_adds),
    ("Additions in the readout", lambda c: c.readout_adds),
)
_OTHERS: tuple[tuple[str, Callable[[CountedOtherwise], float | None]], ...] = (
    ("MS-ResNet: FLOPs of the ReLU network", lambda c: None if c.ms_resnet is None else c.ms_resnet.flops),
    ("MS-ResNet: SyOPs, layer by layer", lambda c: None if c.ms_resnet is None else c.ms_resnet.syops),
    ("MS-ResNet: SyOPs, one mean rate", lambda c: None if c.ms_resnet is None else c.ms_resnet.syops_of_mean_rate),
    ("syops-counter: ACs", lambda c: None if c.dense_rate is None else c.dense_rate.acs),
    ("syops-counter: MACs", lambda c: None if c.dense_rate is None else c.dense_rate.macs),
    ("SNN Toolbox: operations", lambda c: c.snn_toolbox),
)
