"""Makes what an experiment needs: calibration, network, runs, diagnosis. What is there is not made again."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import places as at
import tool
from experiment import Dataset, Experiment, Model
from models import CALIBRATION_IMAGES
from places import Places


class Maker:
    """Makes files in WORK.

    Parameters
    ----------
    places : Places
    threads : int
        Of the simulations; 0 takes one for each core. No effect on results.
    calibration_images : int
    revision : str, optional
        Of this project: what networks are converted with.
    """

    def __init__(
        self,
        places: Places,
        threads: int = 0,
        calibration_images: int = CALIBRATION_IMAGES,
        revision: str | None = None,
    ) -> None:
        self._places = places
        self._revision = revision
        self._threads = ("--threads", str(threads)) if threads else ()
        self._calibration_images = calibration_images

    def commands(self, experiment: Experiment) -> list[list[str]]:
        """Give the command lines that make an experiment, in order, without what has no effect on results."""
        made = [self._calibrate(experiment.model), _convert(experiment)]
        made += [_simulate(experiment, name, seed) for name, seed in experiment.runs.items()]
        return [*made, _diagnose(experiment)] if experiment.diagnose else made

    def missing(self, experiment: Experiment) -> list[str]:
        """Give what is still to be made."""
        wanted = [at.calibration(experiment.model), at.network(experiment)]
        wanted += [at.diagnosis(experiment)] if experiment.diagnose else []
        missing = [text for text in wanted if not self._places.path(text).exists()]
        return missing + [f"WORK/runs/{name}" for name in experiment.runs if not self._finished(experiment, name)]

    def make(self, experiment: Experiment) -> None:
        """Make all that is missing.

        Raises
        ------
        ToolError, KeyboardInterrupt
        """
        _split(experiment.model.data, self._places)
        for folder in ("calib", "nets", "runs", "found"):
            (self._places.work / folder).mkdir(parents=True, exist_ok=True)
        if not self._there(at.network(experiment)):
            if not self._there(at.calibration(experiment.model)):
                self._run(self._calibrate(experiment.model))
            self._convert(experiment)
        for name, seed in experiment.runs.items():
            if not self._finished(experiment, name):
                self._run(_simulate(experiment, name, seed))
        if experiment.diagnose and not self._there(at.diagnosis(experiment)):
            self._run(_diagnose(experiment))

    def _convert(self, experiment: Experiment) -> None:
        """Convert aside, keep what was said, and only then put the network into its place: both or none."""
        final = self._places.path(at.network(experiment))
        aside = final.parent / "unfinished" / final.name
        aside.parent.mkdir(exist_ok=True)
        words = [str(aside) if word == at.network(experiment) else word for word in _convert(experiment)]
        said = self._run([*words, "--json"])
        self._places.path(at.summary(experiment)).write_text(said, "utf-8")
        self._places.path(at.revision(experiment)).write_text(self._revision or "", "utf-8")
        aside.replace(final)

    def _run(self, words: Sequence[str]) -> str:
        return tool.run([*words, *self._threads], self._places)

    def _there(self, text: str) -> bool:
        return self._places.path(text).exists()

    def _finished(self, experiment: Experiment, name: str) -> bool:
        """Whether a run is complete, and that of this network and T: else ``simulate`` goes on, or says why not."""
        folder, network = self._places.work / "runs" / name, self._places.path(at.network(experiment))
        if not (folder / "summary.json").exists() or not network.exists():
            return False
        request = json.loads((folder / "run.json").read_text("utf-8"))["request"]
        complete = json.loads((folder / "summary.json").read_text("utf-8"))["complete"]
        images = experiment.images
        return bool(
            complete
            and request["network"]["sha256"] == sha256(network)
            and request["steps"] == experiment.steps
            and (images is None or request["images"] == images)
            and request["reference"]
            and request.get("seed") == experiment.runs[name]
        )

    def _calibrate(self, model: Model) -> list[str]:
        # a model that was trained may not be there when the list is only shown
        options = () if _unknown(model, self._places) else at.preprocessing(model, self._places)
        samples = ("--samples", str(self._calibration_images))
        return ["calibrate", model.file, "--data", model.data.train, *samples, *options, "-o", at.calibration(model)]


def _unknown(model: Model, places: Places) -> bool:
    """Whether the file that says a model's preprocessing is not there."""
    return model.preprocessing is None and not places.path(model.file).with_suffix(".json").exists()


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _convert(experiment: Experiment) -> list[str]:
    model = experiment.model
    looked = ["--data", model.data.train, "--samples", str(experiment.samples)] if experiment.samples else []
    given = ["--calibration", at.calibration(model), "--steps", str(experiment.steps)]
    return ["convert", model.file, *given, *experiment.options, *looked, "-o", at.network(experiment)]


def _simulate(experiment: Experiment, name: str, seed: int | None) -> list[str]:
    model = experiment.model
    limit = ["--limit", str(experiment.images)] if experiment.images else []
    drawn = [] if seed is None else ["--seed", str(seed)]
    words = ["simulate", at.network(experiment), "--data", model.data.test, "--reference", model.file]
    return [*words, *limit, *drawn, "-o", f"WORK/runs/{name}"]


def _diagnose(experiment: Experiment) -> list[str]:
    model = experiment.model
    given = ["--reference", model.file, "--data", model.data.train, "--samples", str(experiment.diagnose)]
    return ["diagnose", at.network(experiment), *given, "-o", at.diagnosis(experiment)]


def _split(data: Dataset, places: Places) -> None:
    """Write training and test images of one ``.npz`` into files of their own, with ``x`` and ``y``."""
    if data.split is None:
        return
    for part, text in (("train", data.train), ("test", data.test)):
        path = places.path(text)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with np.load(places.path(data.split), allow_pickle=False) as given:
                aside = path.with_name("unfinished.npz")
                np.savez(aside, x=given[f"x_{part}"], y=given[f"y_{part}"])
            aside.replace(path)
