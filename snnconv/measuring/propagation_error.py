"""How far firing rates are from the activations that they stand for, layer by layer.

::

    r_i(T) = N_i(T) / T                                                     the rate
    E_i(T) = V_i(T) / (θ_i T)                    (Eq. 9)                    the local error
    Ē_i(T) = clip(a_i / λ_i, 0, 1) − r_i(T)      (Eq. 11)                   the accumulated error

a_i is the ONNX model's value, λ_i its scale. A neuron fires at most once a step, so a rate
cannot go beyond the clip.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, section 3.3: Eq. 7-14, Fig. 4, Tables 1, 3 and 4.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import prod
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from snnconv.data.classes import decides
from snnconv.errors import DataError, NetworkError
from snnconv.graph.reading.reader import Survey, opened
from snnconv.graph.running.reference import ReferenceModel
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.activity import batches
from snnconv.measuring.error_fit import Fit, fit
from snnconv.measuring.layer_errors import MeasuredLayer, Total
from snnconv.runs.observation import LayerErrors
from snnconv.runtime.backends import Backend
from snnconv.runtime.in_order import in_order

Array = np.ndarray[Any, Any]

_TOGETHER = 16
_VALUES_BYTES = 256 << 20


@dataclass(frozen=True)
class Target:
    """What the ONNX model makes of some consecutive images: independent of the network's scales.

    Attributes
    ----------
    images : ndarray (N, C, H, W) float32
        Preprocessed images.
    activations : dict of str to ndarray (N, ...) float32
        a, the model's values by name, channels first.
    decisions : ndarray (N,) int64
        The model's class of each image.
    first : int
        The position of the first image in the data set.
    """

    images: Array
    activations: dict[str, Array]
    decisions: Array
    first: int = 0


@dataclass(frozen=True)
class PropagationErrors:
    """The errors of a network.

    Attributes
    ----------
    steps, images : int
        T, and how many images.
    layers : tuple of LayerErrors
        From the input to the readout.
    left_out : tuple of str
        Layers of neurons that stand for no value of the ONNX model.
    error, absolute_error : float
        Means over all neurons of `layers` and all images (Tables 3 and 4).
    tau_max : float or None
        Reciprocal of the mean over the images of the highest rate in the last layer of neurons: what bounds the
        compensation factor (below Eq. 14). None where that layer never fired.
    agreement : float or None
        Share of images on which the network decides as the ONNX model does; None where there are no classes.
    """

    steps: int
    images: int
    layers: tuple[LayerErrors, ...]
    left_out: tuple[str, ...]
    error: float
    absolute_error: float
    tau_max: float | None
    agreement: float | None


def growth(errors: PropagationErrors) -> Fit | None:
    """Fit p · q^l to the errors of each layer's most active neuron (Eq. 12); None below 2 layers.

    q may lie at a bound: the search of ζ brings it into its own range.
    """
    return _fitted(errors.layers)


def growth_of(layers: Sequence[LayerErrors]) -> Fit | None:
    """Do the same with the errors of layers; None too where q lies at a bound, for no growth fits then."""
    fitted = _fitted(layers)
    return None if fitted is None or fitted.at_bound else fitted


def _fitted(layers: Sequence[LayerErrors]) -> Fit | None:
    if len(layers) < 2:
        return None
    return fit([layer.most_active_error for layer in layers], [layer.depth for layer in layers])


def images_together(network: SpikingNetwork) -> int:
    """Give how many images to run the ONNX model on at a time: the values that neurons stand for stay below 256 MiB."""
    values = sum(prod(node.shape) for node in network.neurons)
    return max(1, min(_TOGETHER, _VALUES_BYTES // (4 * max(1, values))))


def sources(network: SpikingNetwork) -> tuple[str, ...]:
    """Name the ONNX values that layers of neurons stand for, each once."""
    return tuple(dict.fromkeys(node.source for node in network.neurons if node.source is not None))


def reference_model(network: SpikingNetwork, model: Path | Survey, threads: int = 0) -> ReferenceModel:
    """Make the model that `targets` runs: it gives what the neurons stand for, and last the output.

    Parameters
    ----------
    network : SpikingNetwork
        Converted from `model`; other networks of the same model with the same layers can share what it gives.
    model : Path or Survey
        The ONNX file, or what was read of it already.
    threads : int
        Threads for onnxruntime; 0 leaves it to onnxruntime.
    """
    found = model if isinstance(model, Survey) else opened(model, network.readout.source)[0]
    output = network.readout.source if found.graph is None else found.graph.output
    names = [name for name in sources(network) if name != output]
    return ReferenceModel(found, [*names, *([output] if output else [])], threads)


def targets(reference: ReferenceModel, images: Iterable[Array], first: int = 0) -> Iterator[Target]:
    """Run the ONNX model on batches of images, one at a time as they are asked for.

    Make a list of it to measure several networks on the same images: the model then runs once, and all activations
    are held as float32. Without a list memory does not grow with the number of batches.

    Parameters
    ----------
    reference : ReferenceModel
        As `reference_model` makes it.
    images : iterable of ndarray (N, C, H, W) float32
        Batches of preprocessed images.
    first : int
        The position of the first image in the data set.
    """
    for batch in images:
        values = dict(zip(reference.values, reference.run(batch), strict=True))
        decisions = values[reference.values[-1]].reshape(len(batch), -1).argmax(axis=1)
        yield Target(batch, values, decisions, first)
        first += len(batch)


def propagation_errors(
    network: SpikingNetwork,
    given: Iterable[Target],
    steps: int,
    *,
    backend: Backend,
    threads: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> PropagationErrors:
    """Simulate a network and compare its firing rates with the ONNX model's activations.

    Parameters
    ----------
    network : SpikingNetwork
        Its neurons' spikes carry 1.
    given : iterable of Target
        The images, and what the model makes of them; see `targets`. Read as they are needed.
    steps : int
        T.
    backend : Backend
    threads : int
        How many batches are simulated at a time. The result does not depend on it.
    progress : callable
        Told the number of images done.

    Raises
    ------
    NetworkError
        If no layer stands for a value of the model, or a target lacks one.
    NotRunnableError
        If spikes of a layer carry something else than 1.
    DataError
        If there are no images.
    """
    depths = {node.name: depth for depth, node in enumerate(network.neurons, 1)}
    layers = [
        MeasuredLayer(network, node, depths[node.name], steps) for node in network.neurons if node.source is not None
    ]
    if not layers:
        raise NetworkError(
            "no layer of neurons stands for a value of the ONNX model, so there is nothing to compare or to "
            "compensate; convert with --compensation none"
        )
    totals = [Total() for _ in layers]
    whole = Total()
    last = network.neurons[-1].name
    stop = Event()

    def work(piece: Target) -> tuple[list[dict[str, Array]], dict[str, Array]]:
        return _measured(network, layers, last, piece, steps, backend, stop)

    pieces = cut(given, backend.sizes(network)[0], {layer.source for layer in layers})
    with closing(in_order(work, pieces, threads, stop)) as results:
        for sums, of_all in results:
            for total, of_layer in zip(totals, sums, strict=True):
                total.add(of_layer)
            whole.add(of_all)
            progress(whole.images)
    if not whole.images:
        raise DataError("no images were given to measure errors on; give at least 1")
    each = whole.images * sum(prod(node.shape) for node in network.neurons if node.source is not None)
    return PropagationErrors(
        steps=steps,
        images=whole.images,
        layers=tuple(layer.summary(total) for layer, total in zip(layers, totals, strict=True)),
        left_out=tuple(node.name for node in network.neurons if node.source is None),
        error=sum(total["error"] for total in totals) / each,
        absolute_error=sum(total["absolute"] for total in totals) / each,
        tau_max=whole.images / whole["highest"] if whole["highest"] else None,
        agreement=whole["agrees"] / whole.images if decides(network.readout.shape[0]) else None,
    )


def cut(given: Iterable[Target], size: int, needed: set[str]) -> Iterator[Target]:
    """Cut targets into pieces of at most `size` images, with the values that are needed.

    Raises
    ------
    NetworkError
        If a target lacks one of them.
    """
    for target in given:
        missing = sorted(needed - set(target.activations))
        if missing:
            raise NetworkError(
                f"{missing[0]}, which neurons stand for, is not among the model's values; make them with the "
                "reference model of this network"
            )
        for start in range(0, len(target.images), size):
            these = slice(start, start + size)
            values = {name: target.activations[name][these] for name in needed}
            yield Target(target.images[these], values, target.decisions[these], target.first + start)


def _measured(
    network: SpikingNetwork,
    layers: list[MeasuredLayer],
    last: str,
    piece: Target,
    steps: int,
    backend: Backend,
    stop: Event,
) -> tuple[list[dict[str, Array]], dict[str, Array]]:
    """Simulate a piece; give the sums of each layer and of the network, (N,) each."""
    # one batch: a piece is not larger
    (found,) = batches(network, piece.images, steps, backend=backend, first=piece.first, stop=stop)
    sums = [layer.sums(found, piece.activations[layer.source]) for layer in layers]
    images = len(piece.images)
    highest = found.value(last).reshape(images, -1).max(axis=1)
    return sums, {"highest": highest, "agrees": (found.predictions == piece.decisions).astype(np.int64)}
