"""NeuroBench's metrics as far as the counts of a run give them; `snnconv.account.neurobench` says what they are."""

from snnconv.account.neurobench import NeuroBench, SynapticOperations, metrics
from snnconv.runs.summary import RunSummary


def neurobench_of(summary: RunSummary) -> NeuroBench | None:
    """Give the metrics as far as a run has them.

    `Effective_ACs` is known where no weight is 0 and all synapses see spikes of 1: it is then the number of synaptic
    operations. `Effective_MACs` depends on which pixels are 0 and is known only where nothing reads a current.

    Returns
    -------
    NeuroBench or None
        None in runs of older versions.
    """
    if summary.facts is None or summary.connections is None:
        return None
    counted = [c for c in summary.connections if not (c.kind == "Scale" and c.reads_current)]
    simple = all(c.unit_spikes and not c.zero_weights for c in counted if not c.reads_current)
    no_currents = not any(c.reads_current for c in counted)
    size = sum(layer.neurons for layer in summary.layers)
    spikes = summary.spikes_per_image[str(summary.steps)]
    return metrics(
        summary.facts,
        sparsity=1 - spikes / (size * summary.steps) if size else 0.0,
        operations=SynapticOperations(
            Effective_MACs=0.0 if no_currents and simple else None,
            Effective_ACs=summary.synops_per_image[str(summary.steps)] if simple else None,
            Dense=sum(c.macs for c in counted) * summary.steps,
        ),
        updates=None,
    )
