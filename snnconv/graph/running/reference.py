"""The ONNX model itself, run by onnxruntime: the yardstick for calibration, parity and accuracy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from snnconv.errors import ModelError
from snnconv.graph.guarding.input_type import as_given
from snnconv.graph.reading.reader import Survey, opened
from snnconv.graph.running.derived import derive, read_for
from snnconv.graph.running.needed import needed_model

Array = np.ndarray[Any, Any]

_WRONG = "Pad_Fusion"
"""An optimisation of onnxruntime: a Pad with zeros becomes part of the MaxPool behind it, whose padding never wins."""


class ReferenceModel:
    """An ONNX model that also gives values from inside the network.

    Parameters
    ----------
    source : Path or Survey
        The model file, or what was read of it already.
    values : sequence of str
        Names of the values to give. None or empty: the output alone.
    threads : int
        Threads for onnxruntime; 0 leaves it to onnxruntime.
    optimised : bool
        Whether onnxruntime may rewrite the model first. It then rounds at other places than the file says.

    Raises
    ------
    FileMissingError
        If there is no such file.
    ModelError
        If it cannot be read, onnxruntime cannot run it, or a value does not exist.
    """

    def __init__(
        self, source: Path | Survey, values: Sequence[str] = (), threads: int = 0, optimised: bool = True
    ) -> None:
        found = source if isinstance(source, Survey) else opened(source)[0]
        file, graph = found.file, found.graph
        if graph is None:
            raise ModelError(f"{file.path} cannot be converted, so it is no reference; snnconv check says why")
        self.sha256 = file.sha256
        self._path = path = file.path
        self._input = file.input
        self._type = file.input_type
        self._batch = file.batch
        self._least = found.facts.least_batch
        self._layouts = graph.layouts
        self._graph = graph
        self.values = tuple(values) or (graph.output,)
        # what follows from other values is computed here
        read = (read_for(graph, name) if name in graph.derived else (name,) for name in self.values)
        self._read = tuple(dict.fromkeys(name for names in read for name in names))
        # what the file has in another shape only is run there
        self._run_names = tuple(graph.internal.get(name) or name for name in self._read)
        model = needed_model(file.model, found.facts.constants, dict.fromkeys(self._run_names), file.batch is None)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        if not optimised:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        # all batches but the last have one size, so the arena grows with the first and is used again by the others
        options.enable_cpu_mem_arena = True
        try:
            self._session = onnxruntime.InferenceSession(
                model.SerializeToString(),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=[_WRONG],
            )
        # onnxruntime's exceptions share no public base class
        except Exception as error:
            raise ModelError(
                f"{path}: onnxruntime cannot run the model: {' '.join(str(error).split())[:300]}; "
                "export it again, with an opset and types that the installed onnxruntime knows"
            ) from error

    def run(self, images: Array) -> list[Array]:
        """Run a batch.

        Parameters
        ----------
        images : ndarray (N, C, H, W) float32
            Preprocessed images.

        Returns
        -------
        list of ndarray
            The values asked for, channels first, each with the batch as its first axis.

        Raises
        ------
        DataError
            If the model takes whole numbers, and the images hold others.
        ModelError
            If onnxruntime cannot run the model on this batch.
        """
        images = as_given(images, self._type, str(self._path))
        order = self._layouts.get(self._input)
        if order is not None:
            images = np.ascontiguousarray(images.transpose(np.argsort(order)))
        if self._batch is None and len(images) < self._least:
            # alone, an image would lose its batch axis
            values = [value[: len(images)] for value in self._run(images.repeat(self._least, axis=0))]
        elif self._batch is None or len(images) == self._batch:
            values = self._run(images)
        else:
            values = self._run_in_fixed_batches(images, self._batch)
        read = zip(self._read, self._run_names, values, strict=True)
        given = {name: self._ours(name, run, value) for name, run, value in read}
        return [derive(self._graph, name, given) for name in self.values]

    def _ours(self, name: str, run: str, value: Array) -> Array:
        """Give a value of the file in the order of axes and the shape that the graph has it in."""
        if run in self._layouts:
            value = value.transpose(self._layouts[run])
        shape = self._graph.known_shape(name)
        # what the model has not cast yet, or keeps in float64
        value = value.astype(np.float32, copy=False)
        return value if shape is None else value.reshape(len(value), *shape)

    def _run(self, images: Array) -> list[Array]:
        try:
            values = self._session.run(list(self._run_names), {self._input: images})
        # onnxruntime's exceptions share no public base class
        except Exception as error:
            shown = " ".join(str(error).split())[:300]
            raise ModelError(
                f"{self._path}: onnxruntime cannot run the model on {len(images)} images: {shown}; "
                "export it with an open batch axis, or with a batch of 1"
            ) from error
        return [np.asarray(value) for value in values]

    def _run_in_fixed_batches(self, images: Array, size: int) -> list[Array]:
        """Run a model whose file fixes the batch size; the last batch is filled up with copies."""
        pieces = []
        for start in range(0, len(images), size):
            piece = images[start : start + size]
            filled = piece if len(piece) == size else np.concatenate([piece, piece[-1:].repeat(size - len(piece), 0)])
            pieces.append([value[: len(piece)] for value in self._run(filled)])
        return [np.concatenate(column) for column in zip(*pieces, strict=True)]
