"""Parity of a stage: a graph, after any number of passes, computes what its ONNX file computes.

Both run in onnxruntime on the same images. For every value x of the file that the graph has too, with x̂ what the
graph makes of it, the error is, over all images,

    max |x̂ − x| / max |x|,

and max |x̂ − x| where x is 0 throughout. The first value that deviates names the layer that a pass got wrong; the
errors behind it follow from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, prod
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from snnconv.errors import DataError, ModelError
from snnconv.graph.export import to_model
from snnconv.graph.graph import Flatten, Graph, Node
from snnconv.graph.reader import Survey
from snnconv.graph.reference import ReferenceModel

Array = np.ndarray[Any, Any]

_BYTES = 64 * 2**20
"""What the values of the images that run together may take, both sides counted; one image runs in any case."""


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
    if not len(images):
        raise DataError("a graph is compared with its ONNX file on 0 images, at least 1 is expected; give more data")
    nodes = list(_compared(graph))
    values = [node.output for node in nodes]
    reference = ReferenceModel(source, values, threads=threads)
    if reference.sha256 != graph.sha256:
        raise ModelError(f"{graph.name} changed while it was read; run the command again")
    session = _session(graph, values, threads)
    worst, largest = np.zeros(len(nodes)), np.zeros(len(nodes))
    together = max(1, _BYTES // (2 * 4 * sum(prod(node.shape) for node in nodes)))
    for first in range(0, len(images), together):
        piece = images[first : first + together]
        apart, sizes = _measured(session.run(values, {graph.input: piece}), reference.run(piece))
        worst, largest = np.maximum(worst, apart), np.maximum(largest, sizes)
    errors = worst / np.where(largest > 0, largest, 1.0)
    return [StageDeviation(node.output, node.name, float(error)) for node, error in zip(nodes, errors, strict=True)]


def first_deviation(graph: Graph, source: Path | Survey, images: Array, tolerance: float) -> StageDeviation | None:
    """Give the first value whose error is above a tolerance, in topological order, or None.

    Parameters
    ----------
    graph, source, images
        As for `stage_deviations`.
    tolerance : float
        The largest error that is float32's rounding, dimensionless.

    Returns
    -------
    StageDeviation or None

    Raises
    ------
    DataError, FileMissingError, ModelError
        As for `stage_deviations`.
    """
    found = stage_deviations(graph, source, images)
    return next((deviation for deviation in found if not deviation.error <= tolerance), None)


def largest_deviation(graph: Graph, source: Path | Survey, images: Array) -> StageDeviation:
    """Give the value with the largest error.

    Parameters
    ----------
    graph, source, images
        As for `stage_deviations`.

    Returns
    -------
    StageDeviation

    Raises
    ------
    DataError, FileMissingError, ModelError
        As for `stage_deviations`.
    """
    return max(stage_deviations(graph, source, images), key=lambda deviation: deviation.error)


def _compared(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes:
        if node.output in graph.internal:
            continue
        pixels = prod(graph.shape_of(node.inputs[0])[1:])
        # the output is never reordered: a graph is not read then
        if not isinstance(node, Flatten) or pixels == 1 or node.output == graph.output:
            yield node


def _session(graph: Graph, values: list[str], threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    # for a few images: rewriting the model, packing its weights and keeping memory cost more than they save
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_cpu_mem_arena = False
    model = to_model(graph, values).SerializeToString()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


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
