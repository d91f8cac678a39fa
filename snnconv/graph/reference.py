"""The ONNX model itself, run by onnxruntime: the yardstick for calibration, parity and accuracy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

from snnconv.errors import ModelError
from snnconv.graph import onnx_file

Array = np.ndarray[Any, Any]


class ReferenceModel:
    """An ONNX model that also gives values from inside the network.

    Parameters
    ----------
    path : Path
        The model file.
    values : sequence of str
        Names of the values to give. None or empty: the output alone.
    threads : int
        Threads for onnxruntime; 0 leaves it to onnxruntime.

    Raises
    ------
    FileMissingError
        If there is no such file.
    ModelError
        If onnxruntime cannot run it, or a value does not exist.
    """

    def __init__(self, path: Path, values: Sequence[str] = (), threads: int = 0) -> None:
        file = onnx_file.load(path)
        self.sha256 = file.sha256
        self._path = path
        self._input = file.input
        self._batch = file.batch
        self.values = tuple(values) or (file.output,)
        model = _with_outputs(file.model, self.values)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        # all batches but the last have one size, so the arena grows with the first and is used again by the others
        options.enable_cpu_mem_arena = True
        try:
            self._session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        # onnxruntime's exceptions share no public base class
        except Exception as error:
            raise ModelError(
                f"{path}: onnxruntime cannot run the model: {' '.join(str(error).split())[:300]}"
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
            The values asked for, each with the batch as its first axis.

        Raises
        ------
        ModelError
            If onnxruntime cannot run the model on this batch.
        """
        if self._batch is None or len(images) == self._batch:
            return self._run(images)
        return self._run_in_fixed_batches(images, self._batch)

    def _run(self, images: Array) -> list[Array]:
        try:
            values = self._session.run(list(self.values), {self._input: images})
        # onnxruntime's exceptions share no public base class
        except Exception as error:
            shown = " ".join(str(error).split())[:300]
            raise ModelError(
                f"{self._path}: onnxruntime cannot run the model on {len(images)} images: {shown}"
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


def _with_outputs(model: onnx.ModelProto, values: Sequence[str]) -> onnx.ModelProto:
    """Give a copy of the model whose outputs also include `values`."""
    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    present = {value.name for value in extended.graph.output}
    extended.graph.output.extend(onnx.ValueInfoProto(name=value) for value in values if value not in present)
    return extended
