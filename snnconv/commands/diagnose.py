"""``snnconv diagnose``: how far a network's firing rates are from the activations that they stand for, and where."""

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from snnconv.calibration.calibration import choice_hash
from snnconv.choices import BackendName
from snnconv.commands.inputs import check_scale, open_for, preprocessing_of, source_model
from snnconv.conversion.propagation_error import PropagationErrors, growth, propagation_errors, reference_model, targets
from snnconv.data import ImageSet, Layout, Preprocessing
from snnconv.errors import DataError
from snnconv.files.atomic import check_place, write_bytes
from snnconv.files.hashing import sha256_of_file
from snnconv.files.paths import check_file, is_folder
from snnconv.files.sizes import MEMORY_LIMIT
from snnconv.ir import file
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends import choose
from snnconv.runtime.memory import check_memory
from snnconv.runtime.summary import Name

_log = logging.getLogger(__name__)

Array = np.ndarray[Any, Any]

SAMPLES = 64
"""Images, where nothing else is asked for."""

_TOGETHER = 16
_VALUES_BYTES = 256 << 20
"""What the ONNX model's values of one batch may take."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DiagnosedLayer(_Record):
    """The errors of a layer of neurons: rates, means over its neurons and the images where nothing else is said."""

    depth: int
    """l: the layers of neurons are counted from 1, from the input on."""
    name: Name
    source: Name
    """The ONNX value that it stands for."""
    neurons: int
    mean_rate: float
    highest_rate: float
    """Of all neurons and images."""
    mean_highest_rate: float
    """Mean over the images of the highest rate in each."""
    local_error: float
    """V(T)/(θT): what is on the membranes (Hu et al., Eq. 9)."""
    absolute_local_error: float
    error: float
    """clip(a/λ, 0, 1) − rate, accumulated over the layers before (Eq. 11)."""
    absolute_error: float
    most_active_error: float
    """Of the neuron that fired most in an image (Fig. 4)."""
    saturated: float
    """Share of activations beyond λ."""
    silent: float
    """Share of neurons that never fired though their activation is above 0."""
    correlation: float | None
    """Of rates and a/λ; None where one of them does not vary."""


class ErrorGrowth(_Record):
    """p · q^l fitted to the errors of the most active neurons (Eq. 12)."""

    p: float
    q: float
    adjusted_r2: float | None
    """None below 3 layers, and where all errors are the same."""


class Diagnosis(_Record):
    """What ``snnconv diagnose --json`` prints and ``-o`` writes."""

    format: Literal["snnconv.diagnosis"] = "snnconv.diagnosis"
    version: Literal[1] = 1
    network: Name
    network_sha256: str
    reference: Name
    reference_sha256: str
    data: Name
    images: int
    choice: str
    """SHA-256 over the identities of the images, as a calibration has it."""
    steps: int
    encoding: str
    seed: int | None
    """Of a Poisson input; None with a constant one."""
    backend: str
    layers: tuple[DiagnosedLayer, ...]
    left_out: tuple[Name, ...]
    """Layers of neurons that stand for no value of the ONNX model."""
    growth: ErrorGrowth | None
    """None below 2 layers."""
    error: float
    """Mean over all neurons and images."""
    absolute_error: float
    tau_max: float | None
    """1 / mean highest rate of the last layer: what bounds a compensation factor. None where that layer is silent."""
    agreement: float
    """Share of images on which the network decides as the ONNX model does."""


@dataclass(frozen=True)
class DiagnoseOptions:
    """Options of a diagnosis.

    Attributes
    ----------
    samples : int, optional
        Use the first so many images; None takes 64, or all where there are fewer.
    steps : int, optional
        T; None takes the network's.
    backend : BackendName
    layout : Layout
        Order of an array's axes.
    threads : int
        0 takes one for each core. The result does not depend on it.
    seed : int
        Of a Poisson input.
    memory_limit : int
        Bytes that one image and one step may need, and the tensors of the reference.
    """

    samples: int | None = None
    steps: int | None = None
    backend: BackendName = BackendName.AUTO
    layout: Layout = Layout.AUTO
    threads: int = 0
    seed: int = 0
    memory_limit: int = MEMORY_LIMIT


def diagnose(
    network: Path | str,
    reference: Path | str,
    data: Path | str,
    options: DiagnoseOptions | None = None,
    *,
    out: Path | str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Diagnosis:
    """Compare a network's firing rates with the ONNX model's activations, layer by layer.

    Parameters
    ----------
    network : Path
        The ``.snn`` file.
    reference : Path
        The ONNX model that it was converted from.
    data : Path
        Images: ``.npz``, ``.npy``, folder or ``.zip``.
    options : DiagnoseOptions, optional
    out : Path, optional
        A file to write the result to, as JSON.
    progress : callable
        Told (done, total) images.

    Returns
    -------
    Diagnosis

    Raises
    ------
    InputError
        If an input cannot be used.
    """
    network, reference, data = Path(network), Path(reference), Path(data)
    options = options or DiagnoseOptions()
    if out is not None:
        check_place(Path(out))
    for path in (network, reference):
        check_file(path)
    is_folder(data)
    loaded = file.load(network)
    check_memory(loaded, options.memory_limit)
    threads = options.threads or os.cpu_count() or 1
    backend = choose(options.backend, loaded, seed=options.seed)
    preprocessing = preprocessing_of(loaded)
    images = open_for(loaded, preprocessing, data, options.layout)
    samples = _samples(images, options.samples)
    # one thread: the simulator's own threads use the cores
    model = reference_model(loaded, source_model(loaded, reference, options.memory_limit), threads=1)
    if backend.note is not None:
        _log.warning("%s", backend.note)
    ids: list[Array] = []
    errors = propagation_errors(
        loaded,
        targets(model, _batches(loaded, preprocessing, images, samples, ids)),
        options.steps or loaded.steps,
        backend=backend,
        threads=threads,
        progress=lambda done: progress(done, samples),
    )
    made = Diagnosis(
        network=network.name,
        network_sha256=sha256_of_file(network),
        reference=reference.name,
        reference_sha256=model.sha256,
        data=data.name,
        choice=choice_hash(np.concatenate(ids)),
        encoding=loaded.encoding.value,
        seed=options.seed if loaded.encoding.value == "poisson" else None,
        backend=backend.name,
        growth=_growth(errors),
        **{key: value for key, value in asdict(errors).items() if key not in ("layers", "left_out")},
        layers=tuple(DiagnosedLayer(**asdict(layer)) for layer in errors.layers),
        left_out=errors.left_out,
    )
    if out is not None:
        write_bytes(Path(out), (made.model_dump_json(indent=2) + "\n").encode())
    return made


def _samples(images: ImageSet, asked: int | None) -> int:
    if asked is None:
        return min(SAMPLES, images.count)
    if asked < 1:
        raise DataError(f"{asked} samples were asked for; ask for at least 1")
    if asked > images.count:
        raise DataError(f"{images.name} has {images.count} images, {asked} were asked for; ask for fewer")
    return asked


def _batches(
    network: SpikingNetwork, preprocessing: Preprocessing, images: ImageSet, samples: int, ids: list[Array]
) -> Iterator[Array]:
    """Give preprocessed images, a batch at a time, and keep their identities."""
    values = sum(prod(node.shape) for node in network.neurons)
    together = max(1, min(_TOGETHER, _VALUES_BYTES // (4 * max(1, values))))
    for batch in images.batches(together, stop=samples):
        x = preprocessing.apply(batch.images)
        check_scale(network, images.name, x)
        ids.append(batch.ids)
        yield x


def _growth(errors: PropagationErrors) -> ErrorGrowth | None:
    fitted = growth(errors)
    return None if fitted is None else ErrorGrowth(**asdict(fitted))
