"""Converts a network once, and gives the peers the same preprocessed images."""

import hashlib
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
import numpy as np
from cases import Case

import snnconv
from snnconv.data import make_preprocessing, open_images
from snnconv.graph.reading.reader import read
from snnconv.graph.running.reference import ReferenceModel

Array = np.ndarray[Any, Any]

PEER_SAMPLES = 256
"""Calibration images for the peers: SpikingJelly sorts all activations of a layer, which is slow for more."""


@dataclass(frozen=True)
class PeerImages:
    """What a peer reads.

    Attributes
    ----------
    calibration : Path
        ``.npy``, (N, C, H, W) float32, preprocessed.
    images : Path
        ``.npz`` with ``x``, (N, C, H, W) float32, preprocessed, and ``y``, (N,) int64.
    count : int
        How many these are.
    onnx_accuracy : float
        Of the ONNX model on these images.
    """

    calibration: Path
    images: Path
    count: int
    onnx_accuracy: float


@contextmanager
def work_folder(given: Path | None) -> Generator[Path, None, None]:
    """Give a folder for what is made on the way: the user's, or one that is removed."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="snnconv-benchmark-") as folder:
        yield Path(folder)


def convert(case: Case, work: Path, options: snnconv.ConversionOptions) -> Path:
    """Calibrate and convert, unless the work folder holds the network already.

    Parameters
    ----------
    options : ConversionOptions
        Part of the network's file name, as the model and the images are.

    Returns
    -------
    Path
        The ``.snn`` file.
    """
    inputs = f"{machine.sha256_of((case.model, case.calibration))} {case.samples} {case.scale} {case.mean} {case.std}"
    calibration = work / f"{case.name}-{_short(inputs)}.calib"
    network = work / f"{case.name}-{_short(inputs + options.model_dump_json())}.snn"
    if network.is_file():
        return network
    if not calibration.is_file():
        given = snnconv.PreprocessingOptions(scale=case.scale, mean=case.mean, std=case.std)
        snnconv.calibrate(case.model, case.calibration, calibration, samples=case.samples, preprocessing=given)
    snnconv.convert(case.model, calibration, network, options)
    return network


def peer_images(case: Case, work: Path, limit: int) -> PeerImages:
    """Write preprocessed images for the peers.

    Parameters
    ----------
    limit : int
        The first so many test images, which are those that ``snnconv simulate --limit`` takes.
    """
    calibration, images = work / f"{case.name}-calibration.npy", work / f"{case.name}-{limit}.npz"
    found, _ = preprocessed(case, case.calibration, PEER_SAMPLES)
    np.save(calibration, found)
    x, y = preprocessed(case, case.test, limit)
    np.savez(images, x=x, y=y)
    (scores,) = ReferenceModel(case.model).run(x)
    return PeerImages(calibration, images, len(x), float((scores.argmax(axis=1) == y).mean()))


def preprocessed(case: Case, data: Path, limit: int) -> tuple[Array, Array]:
    """Give the first images (N, C, H, W) float32 of a case's data, and their labels (N,)."""
    shape = read(case.model).input_shape
    image_set = open_images(data, input_shape=shape)
    preprocessing = make_preprocessing(image_set.dtype, shape, scale=case.scale, mean=case.mean, std=case.std)
    batches = list(image_set.batches(64, stop=min(limit, image_set.count)))
    labels = [batch.labels for batch in batches if batch.labels is not None]
    return np.concatenate([preprocessing.apply(batch.images) for batch in batches]), np.concatenate(labels)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
