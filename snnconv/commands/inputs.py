"""What commands that run a network on images open: the images, and the ONNX model that it was converted from."""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.commands.calibrate import numbered
from snnconv.data import ImageSet, Layout, Preprocessing, advice_on_type, open_images, read_classes
from snnconv.data.classes import decides, instead
from snnconv.errors import DataError, ModelError, NetworkError
from snnconv.graph.guarding import onnx_file
from snnconv.graph.reading.reader import Survey, opened
from snnconv.ir.network import SpikingNetwork

Array = np.ndarray[Any, Any]

_log = logging.getLogger(__name__)


def preprocessing_of(network: SpikingNetwork) -> Preprocessing:
    """Give what is done to images of a network.

    Raises
    ------
    NetworkError
        If its file does not say.
    """
    if network.preprocessing is None:
        raise NetworkError(
            "the network has no preprocessing, so images cannot be brought to its input; convert the model again"
        )
    return network.preprocessing


def open_for(
    network: SpikingNetwork,
    preprocessing: Preprocessing,
    data: Path,
    layout: Layout = Layout.AUTO,
    labels: Path | None = None,
    classes: Path | None = None,
) -> ImageSet:
    """Open images for a network.

    Parameters
    ----------
    network : SpikingNetwork
    preprocessing : Preprocessing
        Its own.
    data, layout, labels, classes
        See `snnconv.data.open_images`.

    Raises
    ------
    InputError
        If they cannot be read, or are of another type than those of the calibration.
    """
    images = open_images(
        data,
        input_shape=preprocessing.input_shape,
        layout=layout,
        geometry=preprocessing.geometry,
        labels=labels,
        classes=read_classes(classes) if classes else network.classes,
        class_count=network.readout.shape[0],
    )
    if not decides(network.readout.shape[0]):
        _log.warning("warning: %s", instead("the network"))
    if images.class_names is not None and classes is None and network.classes is None:
        _log.warning("classes are numbered by folder name: %s", numbered(images.class_names))
    if images.dtype != preprocessing.dtype:
        raise DataError(
            f"{images.name} holds {images.dtype}, the network was calibrated on {preprocessing.dtype}; "
            f"{advice_on_type(preprocessing.dtype)}, or calibrate on this kind"
        )
    return images


def warn_if_faint(network: SpikingNetwork, name: str, x: Array) -> None:
    """Say so where images span hardly anything of the calibrated range: most often another scale.

    Parameters are those of `check_scale`.
    """
    amplitude, found = network.input.amplitude, float(np.ptp(x))
    if amplitude is not None and found < amplitude / 20:
        _log.warning(
            "%s: the first %d preprocessed images span only %.4g, those of the calibration reach %.4g: give data of "
            "the same scale",
            *(name, len(x), found, amplitude),
        )


def check_scale(network: SpikingNetwork, name: str, x: Array) -> None:
    """Refuse images far beyond the calibrated range: another scale, and currents that need not be exact.

    Parameters
    ----------
    network : SpikingNetwork
    name : str
        Of the data.
    x : ndarray (N, C, H, W) float32
        Preprocessed images.

    Raises
    ------
    DataError
    """
    amplitude = network.input.amplitude
    found = float(np.abs(x).max())
    if amplitude is not None and found > 2 * amplitude:
        raise DataError(
            f"{name}: preprocessed images reach {found:.4g}, those of the calibration {amplitude:.4g}; "
            "give data of the same scale, or calibrate on this data"
        )


def source_model(network: SpikingNetwork, path: Path, memory_limit: int) -> Survey:
    """Read the ONNX model that a network was converted from, up to the value that its readout stands for.

    Parameters
    ----------
    network : SpikingNetwork
    path : Path
        The model's file.
    memory_limit : int
        Bytes that its tensors may take.

    Raises
    ------
    NetworkError
        If it is another model.
    ModelError
        If it cannot be read.
    """
    try:
        found, _ = opened(path, network.readout.source, memory_limit)
    except ModelError:
        # another model may lack the value, or hold what is not supported: that it is another one is the reason
        _check_same(network, path, onnx_file.load(path, memory_limit).sha256)
        raise
    _check_same(network, path, found.file.sha256)
    return found


def _check_same(network: SpikingNetwork, path: Path, sha256: str) -> None:
    """Refuse a reference that the network was not converted from."""
    if sha256 != network.provenance.source_sha256:
        raise NetworkError(
            f"{path} ({sha256[:12]}…) is not the model that the network was converted from: "
            f"{network.provenance.source_name} ({(network.provenance.source_sha256 or 'unknown')[:12]}…); give that one"
        )
