"""Parity of a stage: a graph, after any number of passes, computes what its ONNX file computes.

Both run in onnxruntime on the same images, as they stand: where onnxruntime optimises a model it rounds at other
places, and it is the graph that is compared and not the optimiser. For every value x of the file that the graph has
too, with x̂ what the graph makes of it, the error is, over all images,

    max |x̂ − x| / max |x|,

and max |x̂ − x| where x is 0 throughout. The first value that deviates names the layer that a pass got wrong; the
errors behind it follow from it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf, prod
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from snnconv.errors import DataError, ModelError
from snnconv.graph.graph import Flatten, Graph, Node
from snnconv.graph.reading.reader import Survey
from snnconv.graph.running.export import to_model
from snnconv.graph.running.reference import ReferenceModel

Array = np.ndarray[Any, Any]

_Run = Callable[[Array], list[Array]]

_BYTES = 64 * 2**20
"""What the values of the images that run together may take, both sides counted; one image runs in any case."""

_ROUNDINGS = 4
"""How many times as far as float32 moves the model itself a graph may be off: its passes round at yet other places.
At most 1.4 was measured, on ResNets with random weights."""

_LARGEST_LIMIT = 1e-2
"""A limit in any case: a comparison that allows more says little."""


@dataclass(frozen=True)
class StageDeviation:
    """How far a value of a graph is from the ONNX file's.

    Attributes
    ----------
    value : str
        Its name, in the file and in the graph.
    node : str
        The graph's node that makes it.
    error : float
        max|x̂ − x| / max|x|, dimensionless; infinite where either holds NaN or infinity, or where the shapes differ.
    """

    value: str
    node: str
    error: float


def stage_deviations(graph: Graph, source: Path | Survey, images: Array, threads: int = 0) -> list[StageDeviation]:
    """Compare every value of a graph that its ONNX file has too.

    Flattened maps of several pixels are left out: the file may have their elements in another order.

    Parameters
    ----------
    graph : Graph
        Of the file, after any number of passes.
    source : Path or Survey
        The file, or what was read of it already.
    images : ndarray (N, C, H, W) float32
        Preprocessed, at least one. Memory grows with the values of one image, and not with N.
    threads : int
        Threads for onnxruntime; 0 leaves it to onnxruntime.

    Returns
    -------
    list of StageDeviation
        In topological order, over all images.

    Raises
    ------
    DataError
        If there is no image.
    FileMissingError
        If there is no such file.
    ModelError
        If the file is another one than the graph's, or onnxruntime cannot run it.
    """
    return _deviations(graph, source, images, threads, lambda values: _runner(graph, values, threads))


def own_rounding(graph: Graph, source: Path | Survey, images: Array, threads: int = 0) -> list[StageDeviation]:
    """Measure how far float32 alone moves the values that `stage_deviations` compares.

    The file is run again with onnxruntime's optimisations, the same function rounded at other places, and on images
    that are off by a rounding of float32, which moves every model. The larger counts: each is what one choice of
    roundings does, so another may be some times as far off.

    Parameters
    ----------
    graph, source, images, threads
        As for `stage_deviations`.

    Returns
    -------
    list of StageDeviation
        In the order of `stage_deviations`.

    Raises
    ------
    DataError, FileMissingError, ModelError
        As for `stage_deviations`.
    """

    def nudged(values: list[str]) -> _Run:
        run = ReferenceModel(source, values, threads, optimised=False).run
        return lambda given: run(_nudged(given))

    by_optimiser = _deviations(
        graph, source, images, threads, lambda values: ReferenceModel(source, values, threads).run
    )
    by_nudge = _deviations(graph, source, images, threads, nudged)
    return [max(pair, key=lambda value: value.error) for pair in zip(by_optimiser, by_nudge, strict=True)]


def first_deviation(deviations: Iterable[StageDeviation], limits: float | Array) -> StageDeviation | None:
    """Give the first value whose error is above its limit, or None.

    Parameters
    ----------
    deviations : iterable of StageDeviation
        In topological order.
    limits : float or ndarray
        The largest error that is float32's rounding, dimensionless: one for all values, or one for each.
    """
    found = list(deviations)
    each = np.broadcast_to(limits, len(found))
    return next((value for value, limit in zip(found, each, strict=True) if not value.error <= limit), None)


def rounding_limits(rounding: Iterable[StageDeviation], tolerance: float) -> Array:
    """Give the largest error of each value that may still be float32's rounding.

    An error goes on from layer to layer, so a value may be off by as much as those before it.

    Parameters
    ----------
    rounding : iterable of StageDeviation
        How far float32 moves the model itself, as `own_rounding` gives it.
    tolerance : float
        What is allowed in any case, dimensionless.

    Returns
    -------
    ndarray of float64
        A limit for each value.
    """
    so_far = np.maximum.accumulate([value.error for value in rounding])
    return np.asarray(np.clip(_ROUNDINGS * so_far, tolerance, _LARGEST_LIMIT))


def _deviations(
    graph: Graph, source: Path | Survey, images: Array, threads: int, other: Callable[[list[str]], _Run]
) -> list[StageDeviation]:
    """Compare the values of a graph, as `other` makes them, with those of the file as it stands."""
    if not len(images):
        raise DataError("a graph is compared with its ONNX file on 0 images, at least 1 is expected; give more data")
    nodes = list(_compared(graph))
    values = [node.output for node in nodes]
    reference = ReferenceModel(source, values, threads, optimised=False)
    if reference.sha256 != graph.sha256:
        raise ModelError(f"{graph.name} changed while it was read; run the command again")
    run = other(values)
    worst, largest = np.zeros(len(nodes)), np.zeros(len(nodes))
    together = max(1, _BYTES // (2 * 4 * sum(prod(node.shape) for node in nodes)))
    for first in range(0, len(images), together):
        piece = images[first : first + together]
        apart, sizes = _measured(run(piece), reference.run(piece))
        worst, largest = np.maximum(worst, apart), np.maximum(largest, sizes)
    errors = worst / np.where(largest > 0, largest, 1.0)
    return [StageDeviation(node.output, node.name, float(error)) for node, error in zip(nodes, errors, strict=True)]


def _nudged(images: Array) -> Array:
    """Give the next float32 numbers, half of them above and half below."""
    up = np.random.default_rng(0).integers(0, 2, images.shape, dtype=np.int8) == 1
    nudged: Array = np.nextafter(images, np.where(up, np.float32(inf), np.float32(-inf)))
    return nudged


def _compared(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes:
        if node.output in graph.internal:
            continue
        pixels = prod(graph.shape_of(node.inputs[0])[1:])
        # the output is never reordered: a graph is not read then
        if not isinstance(node, Flatten) or pixels == 1 or node.output == graph.output:
            yield node


def _runner(graph: Graph, values: list[str], threads: int) -> _Run:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    # as the file is run; for a few images, rewriting the model and keeping memory cost more than they save too
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_cpu_mem_arena = False
    model = to_model(graph, values).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda images: list(session.run(values, {graph.input: images}))


def _measured(found: list[Array], expected: list[Array]) -> tuple[Array, Array]:
    """Give max|x̂ − x| and max|x| of each value; infinite and 1 where there are no such numbers."""
    apart, sizes = np.full(len(found), inf), np.ones(len(found))
    for row, (x_hat, x) in enumerate(zip(found, expected, strict=True)):
        if x_hat.shape != x.shape:
            continue
        with np.errstate(invalid="ignore", over="ignore"):  # infinity minus infinity, and what lies that far apart
            difference = _largest(x_hat - x)
        if np.isfinite(difference):
            apart[row], sizes[row] = difference, _largest(x)
    return apart, sizes


def _largest(numbers: Array) -> float:
    """Give max|x|, NaN where there is one, without a copy."""
    return abs(float(np.maximum(numbers.max(), -numbers.min())))
