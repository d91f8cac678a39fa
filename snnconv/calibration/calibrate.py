"""Runs images through the ONNX model and collects the statistics of its activations."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.calibration.calibration import Calibration, DataSource, choice_hash
from snnconv.calibration.collector import Collector
from snnconv.calibration.statistics import ValueKind
from snnconv.data import ImageSet, Preprocessing
from snnconv.errors import DataError, ModelError
from snnconv.graph.graph import AveragePool, Graph, Relu
from snnconv.graph.reference import ReferenceModel

Array = np.ndarray[Any, Any]


def measured_values(graph: Graph) -> list[tuple[str, str, ValueKind]]:
    """Name what a calibration measures: (value that is run, value that is described, kind).

    Of a ReLU the value before it is run: the activation follows from it, and so do mean and variance.
    """
    found: list[tuple[str, str, ValueKind]] = []
    for node in graph.nodes:
        if isinstance(node, Relu):
            found.append((node.inputs[0], node.output, ValueKind.RELU))
        elif isinstance(node, AveragePool):
            found.append((node.output, node.output, ValueKind.POOL))
    found.append((graph.output, graph.output, ValueKind.LOGITS))
    return found


def calibrate(
    graph: Graph,
    model: Path,
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
        The model as `snnconv.graph.reader.read` gives it.
    model : Path
        The same ONNX file, to run.
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
    if samples is not None and samples < 1:
        raise DataError(f"{samples} samples were asked for; ask for at least 1")
    if samples is not None and samples > images.count:
        raise DataError(f"{images.name} has {images.count} images, {samples} were asked for; ask for fewer")
    measured = measured_values(graph)
    run_names = list(dict.fromkeys(run for run, _, _ in measured))
    reference = ReferenceModel(model, run_names, threads=threads)
    if reference.sha256 != graph.sha256:
        raise ModelError(f"{model} changed while it was read; run the command again")
    collectors = [Collector(name, kind, graph.shape_of(name)[0]) for _, name, kind in measured]
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
            given = [values[run] for run, _, _ in measured]
            list(pool.map(Collector.add, collectors, given))
            ids.append(batch.ids)
            if batch.labels is not None:
                labelled += len(x)
                correct += int((values[graph.output].argmax(axis=1) == batch.labels).sum())
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
