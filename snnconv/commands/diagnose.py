"""``snnconv diagnose``: where firing rates leave the activations that they stand for, why, and what to do."""

import logging
import os
from collections.abc import Iterator
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from snnconv.calibration import file as calib_file
from snnconv.calibration.calibration import Calibration, choice_hash
from snnconv.commands.diagnose_options import SAMPLES
from snnconv.commands.diagnose_options import DiagnoseOptions as DiagnoseOptions
from snnconv.commands.inputs import check_scale, open_for, preprocessing_of, source_model
from snnconv.conversion.samples import Progress
from snnconv.data import ImageSet, Preprocessing, count_of
from snnconv.diagnosis.case import Case, Paths
from snnconv.diagnosis.causes import findings
from snnconv.diagnosis.examine import examine
from snnconv.diagnosis.given import Given
from snnconv.diagnosis.model import Diagnosis as Diagnosis
from snnconv.errors import CalibrationError, UsageError
from snnconv.files.atomic import check_place, write_bytes
from snnconv.files.hashing import sha256_of_file
from snnconv.files.names import as_json
from snnconv.files.paths import check_file, is_folder
from snnconv.files.replaced import DIAGNOSIS
from snnconv.graph.reading.reader import Survey
from snnconv.ir import file
from snnconv.ir.network import SpikingNetwork
from snnconv.measuring.propagation_error import (
    PropagationErrors,
    Target,
    growth,
    images_together,
    reference_model,
    targets,
)
from snnconv.reporting.intervals import wilson
from snnconv.runs.observation import ErrorGrowth
from snnconv.runtime.backends import Backend, choose
from snnconv.runtime.memory import check_memory, check_steps

_log = logging.getLogger(__name__)

Array = np.ndarray[Any, Any]


def diagnose(
    network: Path | str,
    reference: Path | str,
    data: Path | str,
    options: DiagnoseOptions | None = None,
    *,
    calibration: Path | str | None = None,
    labels: Path | str | None = None,
    classes: Path | str | None = None,
    out: Path | str | None = None,
    progress: Progress = lambda what, done, total: None,
) -> Diagnosis:
    """Say where a converted network leaves its model, why, and what to do.

    Parameters
    ----------
    network : Path
        The ``.snn`` file.
    reference : Path
        The ONNX model that it was converted from.
    data : Path
        Images: ``.npz``, ``.npy``, folder or ``.zip``. Labels are used where there are some.
    options : DiagnoseOptions, optional
    calibration : Path, optional
        The ``.calib`` file of the conversion: the images are then compared with its own.
    labels, classes : Path, optional
        How to read `data`; see `snnconv.data.open_images`.
    out : Path, optional
        A file to write the result to, as JSON.
    progress : callable
        Told what is done, and (done, total) images of it.

    Returns
    -------
    Diagnosis

    Raises
    ------
    InputError
        If an input cannot be used.
    UsageError
        If the tolerance is no number above 0.
    """
    options = options or DiagnoseOptions()
    if not (isfinite(options.tolerance) and options.tolerance > 0):
        raise UsageError(f"--tolerance {options.tolerance:g} must be a number above 0, a part of λ such as 0.01")
    labels, classes = (None if given is None else Path(given) for given in (labels, classes))
    paths = Paths(Path(network), Path(reference), Path(data), None if calibration is None else Path(calibration))
    if out is not None:
        read = [paths.network, paths.reference, paths.data, paths.calibration, labels, classes]
        check_place(Path(out), read, DIAGNOSIS)
    for path in (paths.network, paths.reference, paths.calibration):
        if path is not None:
            check_file(path)
    is_folder(paths.data)
    loaded = file.load(paths.network)
    check_memory(loaded, options.memory_limit)
    check_steps(loaded, options.steps or loaded.steps, options.memory_limit)
    backend = choose(options.backend, loaded, seed=options.seed)
    preprocessing = preprocessing_of(loaded)
    images = open_for(loaded, preprocessing, paths.data, options.layout, labels, classes)
    samples = count_of(images, options.samples, SAMPLES)
    survey = source_model(loaded, paths.reference, options.memory_limit)
    if backend.note is not None:
        _log.warning("%s", backend.note)
    drawn = _Images(loaded, preprocessing, images, samples, survey)
    given = Given(
        paths=paths,
        network=loaded,
        survey=survey,
        calibration=None if paths.calibration is None else _calibration(paths.calibration, loaded),
        targets=drawn.targets,
        labels=None if images.labels is None else images.labels[:samples],
        count=samples,
        steps=options.steps or loaded.steps,
        seed=options.seed,
        threads=options.threads or os.cpu_count() or 1,
        backend=options.backend,
        tolerance=options.tolerance,
        progress=progress,
    )
    case, errors = examine(given)
    made = _diagnosis(given, case, errors, images.name, drawn.choice(), backend)
    if out is not None:
        write_bytes(Path(out), (as_json(made) + "\n").encode())
    return made


def _diagnosis(
    given: Given, case: Case, errors: PropagationErrors, data: str, choice: str, backend: Backend
) -> Diagnosis:
    paths, network = given.paths, given.network
    fitted = growth(errors)
    kept = errors.agreement
    low, high = (None, None) if kept is None else wilson(round(kept * errors.images), errors.images)
    return Diagnosis(
        network=paths.network.name,
        network_sha256=sha256_of_file(paths.network),
        reference=paths.reference.name,
        reference_sha256=given.survey.file.sha256,
        calibration=None if paths.calibration is None else paths.calibration.name,
        data=data,
        images=errors.images,
        labelled=case.labelled,
        choice=choice,
        steps=errors.steps,
        encoding=network.encoding.value,
        seed=given.seed if network.encoding.value == "poisson" else None,
        backend=backend.name,
        tolerance=given.tolerance,
        layers=case.layers,
        left_out=errors.left_out,
        first_beyond_tolerance=None if case.broken is None else case.broken.name,
        growth=None if fitted is None or fitted.at_bound else ErrorGrowth(**asdict(fitted)),
        error=errors.error,
        absolute_error=errors.absolute_error,
        tau_max=errors.tau_max,
        agreement=errors.agreement,
        agreement_low=low,
        agreement_high=high,
        accuracy=case.stages[-1].accuracy,
        model_accuracy=case.stages[0].accuracy,
        stages=case.stages,
        parts=case.parts,
        growing=case.growing,
        findings=findings(case),
    )


class _Images:
    """The images of a diagnosis, and what the model makes of them; each experiment goes through them again."""

    def __init__(
        self, network: SpikingNetwork, preprocessing: Preprocessing, images: ImageSet, samples: int, survey: Survey
    ) -> None:
        self._network, self._preprocessing, self._images, self._samples = network, preprocessing, images, samples
        # one thread: the simulator's own threads use the cores
        self._model = reference_model(network, survey, threads=1)
        self._ids: list[Array] = []

    def targets(self) -> Iterator[Target]:
        """Give the images from the beginning, a batch at a time."""
        return targets(self._model, self._batches())

    def choice(self) -> str:
        """Give the hash of their identities, once they were read."""
        return choice_hash(np.concatenate(self._ids))

    def _batches(self) -> Iterator[Array]:
        ids: list[Array] = []
        for batch in self._images.batches(images_together(self._network), stop=self._samples):
            x = self._preprocessing.apply(batch.images)
            check_scale(self._network, self._images.name, x)
            ids.append(batch.ids)
            yield x
        self._ids = ids


def _calibration(path: Path, network: SpikingNetwork) -> Calibration:
    """Read the calibration that the network was made with."""
    found = calib_file.load(path)
    recorded, here = network.provenance.calibration_sha256, sha256_of_file(path)
    if found.model_sha256 != network.provenance.source_sha256:
        raise CalibrationError(
            f"{path} was made from {found.model_name} ({found.model_sha256[:12]}…), the network from "
            f"{network.provenance.source_name} ({(network.provenance.source_sha256 or 'unknown')[:12]}…); "
            "give the calibration that the network was converted with"
        )
    if recorded not in (None, here):
        raise CalibrationError(
            f"{path} ({here[:12]}…) is another calibration of the model than the network was converted with "
            f"({recorded[:12]}…); give that one"
        )
    return found
