"""The folders that the command is given, and what is where in them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiment import Experiment, Model


@dataclass(frozen=True)
class Places:
    """The folders behind ``MODELS/…``, ``DATA/…`` and ``WORK/…``."""

    models: Path
    data: Path
    work: Path

    def path(self, text: str) -> Path:
        """Give the path of ``MODELS/…``, ``DATA/…`` or ``WORK/…``."""
        return Path(self.real(text))

    def real(self, word: str) -> str:
        """Give a word of a command line with the folder in the place of its name; other words as they are."""
        first, slash, rest = word.partition("/")
        folders = {"MODELS": self.models, "DATA": self.data, "WORK": self.work}
        return str(folders[first] / rest) if slash and first in folders else word


def calibration(model: Model) -> str:
    """Give the place of a model's calibration."""
    return f"WORK/calib/{model.name}.calib"


def network(experiment: Experiment) -> str:
    """Give the place of an experiment's network."""
    return f"WORK/nets/{experiment.name}.snn"


def summary(experiment: Experiment) -> str:
    """Give the place of what ``convert --json`` said."""
    return f"WORK/nets/{experiment.name}.json"


def revision(experiment: Experiment) -> str:
    """Give the place of the revision of this project that an experiment's network was converted with."""
    return f"WORK/nets/{experiment.name}.revision"


def diagnosis(experiment: Experiment) -> str:
    """Give the place of a diagnosis."""
    return f"WORK/found/{experiment.name}.json"


def lacking(experiment: Experiment, places: Places) -> str | None:
    """Say what an experiment would need and is not there; None where all is."""
    model = experiment.model
    needed = [model.file, model.data.split] if model.data.split else [model.file, model.data.train, model.data.test]
    if model.preprocessing is None:
        needed.append(str(Path(model.file).with_suffix(".json")))
    for text in needed:
        if not places.path(text).exists():
            return f"{text} is not there"
    return None


def preprocessing(model: Model, places: Places) -> tuple[str, ...]:
    """Give the options of ``calibrate`` that say what a model's images went through in training."""
    if model.preprocessing is not None:
        return model.preprocessing
    found = json.loads(places.path(model.file).with_suffix(".json").read_text("utf-8"))
    words: list[str] = []
    for name in ("mean", "std"):
        value = str(found[name])
        # a file name is relative to the folder of the trained models
        words += [f"--{name}", f"{Path(model.file).parent}/{value}" if value.endswith(".npy") else value]
    return tuple(words)


def training(model: Model, places: Places) -> dict[str, Any] | None:
    """Give how a model was trained, as `training/train.py` says beside it; None of a model that was given."""
    path = places.path(model.file).with_suffix(".json")
    if model.preprocessing is not None or not path.exists():
        return None
    found: dict[str, Any] | None = json.loads(path.read_text("utf-8")).get("training")
    return found
