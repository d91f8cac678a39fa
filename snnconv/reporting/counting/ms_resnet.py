"""Synaptic operations as the MS-ResNet paper estimates them: dense operations times spikes per neuron.

    SyOPs = Σ_l FLOPs_l · T · r_{l−1},    r = #Spike / (#Neuron · T)

over the convolutions of the residual paths. FLOPs are MACs with taps on padding, and r_{l−1} is the rate of the layer
of neurons that convolution l reads. Left out, as in the paper: the encoding layer, which reads the image, and the
downsampling layers in the shortcuts (they "do not meet the spike-based CONV requirement"); also full connections.

References
----------
Hu, Deng, Wu, Yao, Li: Advancing Spiking Neural Networks towards Deep Residual Learning, section IV-B (the definition of
r), IV-C and Table V. The text numbers no equation; it gives the sum for the whole network, T · r · FLOPs, as what the
energy ratio approaches with depth. With its rates and steps that is 4.76 G for ResNet-34 (T = 6, r = 0.225; printed
4.77 G) and 11.32 G for ResNet-104 (T = 5, r = 0.192).
"""

from dataclasses import dataclass

from snnconv.account.weighted_nodes import Connection
from snnconv.runs.summary import ConnectionSummary, RunSummary


@dataclass(frozen=True)
class MsResNetCounts:
    """Operations for one image, mean over the images.

    Attributes
    ----------
    flops : int
        MACs of the ReLU network in the convolutions of the residual paths, taps on padding counted.
    syops : float
        Σ_l FLOPs_l · spikes per neuron of the layer before.
    syops_of_mean_rate : float
        T · r · FLOPs with one r for the whole network, the form of the text.
    encoding_flops : int
        Of the nodes that read the image, once; the paper leaves them out of both sums.
    shortcut_flops : int
        Of convolutions in shortcuts, and of those that read a membrane shortcut's current, left out too.
    """

    flops: int
    syops: float
    syops_of_mean_rate: float
    encoding_flops: int
    shortcut_flops: int


def ms_resnet(summary: RunSummary) -> MsResNetCounts | None:
    """Count a run to its last step.

    Returns
    -------
    MsResNetCounts or None
        None in runs of older versions, which do not say what reads what.
    """
    if summary.connections is None:
        return None
    per_neuron = {layer.name: layer.spikes_per_image / layer.neurons for layer in summary.layers if layer.neurons}
    path = [connection for connection in summary.connections if in_residual_path(connection)]
    flops = sum(connection.macs_padded for connection in path)
    neurons = sum(layer.neurons for layer in summary.layers)
    spikes = sum(layer.spikes_per_image for layer in summary.layers)
    return MsResNetCounts(
        flops=flops,
        syops=sum(c.macs_padded * sum(per_neuron[layer] for layer in c.reads) for c in path),
        syops_of_mean_rate=flops * spikes / neurons if neurons else 0.0,
        encoding_flops=sum(c.macs_padded for c in summary.connections if _reads_image(c) and not c.shortcut),
        shortcut_flops=sum(c.macs_padded for c in summary.connections if _in_shortcut(c)),
    )


def in_residual_path(connection: ConnectionSummary | Connection) -> bool:
    """Say whether a node is a convolution on spikes that leads around no layer."""
    on_spikes = bool(connection.reads) and not connection.reads_current
    return connection.kind == "Conv" and on_spikes and not connection.shortcut


def _reads_image(connection: ConnectionSummary) -> bool:
    only_image = connection.constant or not connection.reads_current
    return connection.kind != "Scale" and not connection.reads and only_image


def _in_shortcut(connection: ConnectionSummary) -> bool:
    """Say whether a convolution leads around a layer, or reads the membrane current of a shortcut."""
    on_membranes = connection.reads_current and not connection.constant
    return connection.kind == "Conv" and (connection.shortcut or on_membranes)
