"""Synaptic operations as syops-counter counts them: the dense operations of a layer times the mean of its input.

    ACs = Σ_l (K² C_in C_out / groups · H_out W_out + biases_l) · mean(input_l) · T    over nodes on spikes
    MACs = the same with 1 in the place of the mean                                     over all others

Taps on padding count, and a bias is an operation that is multiplied by the mean as well. What is not a train of 0 and 1
in one step, such as a sum of spikes, makes the node a MAC node.

References
----------
syops-counter (github.com/iCGY96/syops-counter), ``syops/ops.py``, ``conv_syops_counter_hook`` and
``linear_syops_counter_hook``; the code numbers no equation. Its counts of neurons, pools and BatchNorm are not here.
Where a layer of several steps is handed over at once, it takes one mean over all of them, as is done here. The mean is
that of the layer of neurons, also where a slice or a maximum lies between it and the node.
"""

from dataclasses import dataclass

from snnconv.runs.summary import RunSummary


@dataclass(frozen=True)
class DenseRateCounts:
    """Operations of convolutions and full connections for one image over all steps, mean over the images.

    Attributes
    ----------
    acs : float
    macs : int
        At every step, the image's too.
    """

    acs: float
    macs: int


def dense_rate(summary: RunSummary) -> DenseRateCounts | None:
    """Count a run to its last step.

    Returns
    -------
    DenseRateCounts or None
        None in runs of older versions, and with Poisson input, whose mean no run has.
    """
    if summary.connections is None:
        return None
    per_neuron = {layer.name: layer.spikes_per_image / layer.neurons for layer in summary.layers if layer.neurons}
    acs, macs = 0.0, 0
    for connection in summary.connections:
        if connection.kind == "Scale":
            continue
        dense = connection.macs_padded + (connection.outputs if connection.biased else 0)
        if connection.reads_current or not connection.unit_spikes:
            macs += dense * summary.steps
        elif len(connection.reads) != 1:
            return None
        else:
            acs += dense * per_neuron[connection.reads[0]]
    return DenseRateCounts(acs, macs)
