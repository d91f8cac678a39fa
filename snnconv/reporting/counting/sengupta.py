"""Spikes per neuron, and accumulations per MAC, as Sengupta et al. (2019) count: their Fig. 5 and section 7.4."""

from typing import Any

import numpy as np

from snnconv.runs.summary import LayerSummary, RunSummary

Array = np.ndarray[Any, Any]


def per_neuron(layer: LayerSummary) -> float | None:
    """Give the spikes of a layer at the last step, mean over images and neurons; None without neurons."""
    return layer.spikes_per_image / layer.neurons if layer.neurons else None


def ac_per_mac(summary: RunSummary, spikes: Array) -> float | None:
    """Give accumulations of the spiking network per MAC of the ReLU network.

    Σ_l (spikes of layer l / its neurons) · (dense synaptic operations that it feeds) / Σ MACs of the same nodes, over
    layers of neurons. It weighs every spike of a layer alike, unlike SynOps, which know each spike's fan-out.

    Parameters
    ----------
    summary : RunSummary
    spikes : ndarray (layers of neurons,) float64
        Spikes per image so far.

    Returns
    -------
    float or None
        None in runs of older versions, which do not say what layers feed, and where no weighted node reads spikes.
    """
    macs = summary.operations.macs_on_spikes
    layers = [layer for layer in summary.layers if layer.neurons]
    if not macs or any(layer.fed_operations is None for layer in layers):
        return None
    made = (
        float(count) / layer.neurons * (layer.fed_operations or 0) for layer, count in zip(layers, spikes, strict=True)
    )
    return sum(made) / macs
