"""Runs images through the ONNX model and collects the statistics of its activations."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.calibration.calibration import Calibration, DataSource, choice_hash
from snnconv.calibration.collector import Collector
from snnconv.calibration.statistics import ValueKind
from snnconv.data import ImageSet, Preprocessing, check_asked, check_enough
from snnconv.errors import ModelError
from snnconv.graph.graph import AveragePool, Graph, MaxPool, Relu
from snnconv.graph.reading.reader import Survey
from snnconv.graph.running.reference import ReferenceModel

Array = np.ndarray[Any, Any]

_VALUES_BYTES = 1 << 30


@dataclass(frozen=True)
class Measured:
    """A value that a calibration measures.

    Attributes
    ----------
    run : str
        The value that onnxruntime gives. Of a ReLU it is what comes before: the activation follows from it, and so do
        mean and variance.
    name : str
        The value that is described.
    kind : ValueKind
    cap : float, optional
        The largest activation of a capped ReLU.
    """

    run: str
    name: str
    kind: ValueKind
    cap: float | None = None


def measured_values(graph: Graph) -> list[Measured]:
    """Name what a calibration measures: every ReLU, every pooling, the logits."""
    found: list[Measured] = []
    for node in graph.nodes:
        if isinstance(node, Relu):
            found.append(Measured(node.inputs[0], node.output, ValueKind.RELU, node.cap))
        elif isinstance(node, AveragePool | MaxPool):
            found.append(Measured(node.output, node.output, ValueKind.POOL))
    # the output comes last, also where it is a ReLU's or pooling's
    last = [value for value in found if value.name == graph.output]
    last = last or [Measured(graph.output, graph.output, ValueKind.LOGITS)]
    return [value for value in found if value.name != graph.output] + last


def _scores(output: Measured, values: dict[str, Array]) -> Array:
    """Give the network's output, (N, classes): of a ReLU, what comes before was run."""
    scores = values[output.run]
    return np.clip(scores, 0.0, output.cap) if output.kind is ValueKind.RELU else scores


def fitting_batch(graph: Graph, memory_limit: int) -> int:
    """Give how many images at a time keep their measured values within a quarter of the limit, and 1 GiB; at least 1.

    Parameters
    ----------
    graph : Graph
    memory_limit : int
        Bytes.
    """
    values = sum(prod(graph.shape_of(name)) for name in {value.run for value in measured_values(graph)})
    return max(1, min(memory_limit // 4, _VALUES_BYTES) // (4 * values))


def calibrate(
    graph: Graph,
    model: Path | Survey,
    images: ImageSet,
    preprocessing: Preprocessing,
    *,
    samples: int | None = None,
    classes: tuple[str, ...] | None = None,
    batch_size: int = 64,
    threads: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> Calibration:
    """Measure a model's activations.

    Parameters
    ----------
    graph : Graph
        The model as `snnconv.graph.reading.reader.read` gives it.
    model : Path or Survey
        The same ONNX file, or what was read of it, to run.
    images : ImageSet
        The calibration images; the first `samples` are used.
    preprocessing : Preprocessing
        What is done to them.
    samples : int, optional
        How many images; None uses all.
    classes : tuple of str, optional
        The names of the classes in the model's order, for the record.
    batch_size : int
        Images at a time. Memory grows with it, not with `samples`.
    threads : int
        Threads of onnxruntime; 0 leaves it to onnxruntime.
    progress : callable
        Told the number of images done after each batch.

    Returns
    -------
    Calibration
        Histograms and moments of every ReLU, pooling output and the logits.

    Raises
    ------
    DataError
        If there are fewer images than `samples`, or an image cannot be used.
    ModelError
        If the model gives NaN or infinity, or changed on the way.
    """
    if samples is not None:
        check_asked(samples)
        check_enough(images, samples)
    measured = measured_values(graph)
    run_names = list(dict.fromkeys(value.run for value in measured))
    reference = ReferenceModel(model, run_names, threads=threads)
    if reference.sha256 != graph.sha256:
        raise ModelError(f"{graph.name} changed while it was read; run the command again")
    collectors = [Collector(v.name, v.kind, graph.shape_of(v.name)[0], v.cap) for v in measured]
    ids: list[Array] = []
    low = np.full(graph.input_shape[0], np.inf, dtype=np.float32)
    high = -low
    done = labelled = correct = 0
    # NumPy leaves the interpreter's lock while it counts, so the layers are counted side by side
    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        for batch in images.batches(batch_size, stop=samples):
            x = preprocessing.apply(batch.images)
            low = np.minimum(low, x.min(axis=(0, 2, 3)))
            high = np.maximum(high, x.max(axis=(0, 2, 3)))
            values = dict(zip(run_names, reference.run(x), strict=True))
            given = [values[value.run] for value in measured]
            list(pool.map(Collector.add, collectors, given))
            ids.append(batch.ids)
            if batch.labels is not None:
                labelled += len(x)
                correct += int((_scores(measured[-1], values).argmax(axis=1) == batch.labels).sum())
            done += len(x)
            progress(done)
    chosen = np.concatenate(ids)
    return Calibration(
        model_name=graph.name,
        model_sha256=graph.sha256,
        preprocessing=preprocessing,
        sources=(DataSource(images.name, len(chosen), choice_hash(chosen)),),
        images=chosen,
        input_low=low,
        input_high=high,
        values=tuple(collector.result() for collector in collectors),
        labelled=labelled,
        correct=correct,
        classes=classes,
    )
