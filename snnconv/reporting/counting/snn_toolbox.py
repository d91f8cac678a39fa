"""Synaptic operations as the SNN Toolbox counts them: spikes times a fan-out that knows strides and no borders.

    ops = Σ_l spikes of layer l · fan-out,    fan-out = K² C_out at stride 1, C_out of a full connection

At a stride above 1 the toolbox looks each neuron's fan-out up in an array; here it is the exact one.

References
----------
SNN Toolbox (github.com/NeuromorphicProcessorProject/snn_toolbox; Rueckauer et al., 2017), ``get_fanout`` in
``parsing/utils.py`` and ``get_layer_synaptic_operations`` in ``simulation/utils.py``; the code numbers no equation.
Its pools are layers of neurons, and it has no shortcuts: nodes that read sums of spikes, and identity shortcuts, are
counted exactly here, and what reads a maximum or a slice of a layer is taken to read all its spikes. Its additions of
biases and of the first layer are not in this sum.
"""

from snnconv.runs.summary import ConnectionSummary, RunSummary


def snn_toolbox(summary: RunSummary) -> float | None:
    """Count the operations of one image over all steps, mean over the images.

    Returns
    -------
    float or None
        None in runs of older versions.
    """
    if summary.connections is None:
        return None
    spikes = {layer.name: layer.spikes_per_image for layer in summary.layers}
    return sum(_operations(connection, spikes) for connection in summary.connections)


def _operations(connection: ConnectionSummary, spikes: dict[str, float]) -> float:
    if not connection.unit_spikes or connection.strided or len(connection.reads) != 1:
        return connection.synops_per_image
    return spikes[connection.reads[0]] * connection.full_fan_out
