"""The metrics of NeuroBench under their exact names, to be copied."""

from snnconv.account.neurobench import NeuroBench
from snnconv.reporting.page.blocks import Block, Note, Section, Table
from snnconv.reporting.page.runs import Run, Runs, missing
from snnconv.reporting.page.text import count, fixed

_OLDER = "the run was made by an older snnconv, which did not count these; run simulate with --overwrite."


def section(runs: Runs) -> Section:
    """Make the section."""
    columns = [column for run in runs for column in _columns(run)]
    blocks: list[Block] = []
    if columns:
        names = _metrics(columns[0][1])
        rows = tuple((name, *(_metrics(found)[name] for _, found in columns)) for name in names)
        blocks.append(Table("NeuroBench metrics", ("Metric", *(head for head, _ in columns)), rows))
        blocks += [Note(text) for run in runs if (text := _gains(run))]
        if any(found.MembraneUpdates is None for _, found in columns):
            blocks.append(Note("– stands where the counts of a run do not determine a metric."))
        if all(run.report.observation is None for run in runs):
            blocks.append(Note("All are determined where neurons are observed: simulate with --observe N."))
    blocks += missing(runs, lambda report: report.neurobench is None, _OLDER)
    lead = (
        "Names and definitions are those of NeuroBench (Yik et al., 2025): an input counts once, whatever its value, "
        "and weights of zero are left out, so these need not equal the SynOps above."
    )
    return Section("neurobench", "NeuroBench", lead, blocks)


def _columns(run: Run) -> list[tuple[str, NeuroBench]]:
    """Give the metrics of all images, and those of the first one where it was observed."""
    report, of_run = run.report, f"{run.label}: " if run.tag else ""
    columns = []
    if report.neurobench is not None:
        columns.append((f"{of_run}all {count(report.run.images)} images", report.neurobench))
    if report.observation is not None:
        columns.append((f"{of_run}first image", report.observation.neurobench))
    return columns


def _gains(run: Run) -> str:
    """Say why ParameterCount is more than the parameters among the counts."""
    facts = run.report.run.facts
    if run.report.neurobench is None or facts is None or not facts.scale_parameters:
        return ""
    return (
        f"{run.prefix}ParameterCount is the Parameters above, {count(facts.parameters)}, with the "
        f"{count(facts.scale_parameters)} of scales: gains of shortcuts, and BatchNorms that could not be folded."
    )


def _metrics(found: NeuroBench) -> dict[str, str]:
    operations = found.SynapticOperations
    return {
        "Footprint (bytes)": count(found.Footprint),
        "ParameterCount": count(found.ParameterCount),
        "ConnectionSparsity": fixed(found.ConnectionSparsity, 4),
        "ActivationSparsity": fixed(found.ActivationSparsity, 4),
        "SynapticOperations: Effective_MACs": _maybe(operations.Effective_MACs),
        "SynapticOperations: Effective_ACs": _maybe(operations.Effective_ACs),
        "SynapticOperations: Dense": count(operations.Dense),
        "MembraneUpdates": _maybe(found.MembraneUpdates),
    }


def _maybe(value: float | None) -> str:
    return "–" if value is None else count(value)
