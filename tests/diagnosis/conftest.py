"""The sample model, converted well and converted or edited badly."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.commands.calibrate import PreprocessingOptions
from snnconv.diagnosis.model import Diagnosis
from snnconv.ir import file
from snnconv.ir.network import SpikingNetwork

SAMPLES = Path(__file__).parents[2] / "sample_models"
MODEL, DATA = SAMPLES / "digits_resnet.onnx", SAMPLES / "digits_calibration.npz"
RIGHT = {"scale": 16.0, "mean": "0.5", "std": "0.5"}
IMAGES = 24


class Workshop:
    """Makes networks of the sample model in a folder, and diagnoses them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = MODEL
        self._calibrations: dict[str, Path] = {}

    def calibrated(self, name: str = "right", data: Path = DATA, **preprocessing: Any) -> Path:
        """Calibrate, once for each name."""
        if name not in self._calibrations:
            path = self.folder / f"{name}.calib"
            given = PreprocessingOptions(**(RIGHT | preprocessing))
            snnconv.calibrate(MODEL, data, path, samples=300, preprocessing=given)
            self._calibrations[name] = path
        return self._calibrations[name]

    def converted(self, name: str, calibration: Path | None = None, **options: Any) -> Path:
        """Convert with some options changed."""
        path = self.folder / f"{name}.snn"
        made = snnconv.ConversionOptions.model_validate({"compensation": "none", "steps": 100} | options)
        snnconv.convert(MODEL, calibration or self.calibrated(), path, made, verify=False)
        return path

    def edited(self, name: str, change: Callable[[SpikingNetwork], SpikingNetwork]) -> Path:
        """Write the good network with a change."""
        path = self.folder / f"{name}.snn"
        file.save(change(file.load(self.good)), path)
        return path

    @property
    def good(self) -> Path:
        path = self.folder / "good.snn"
        return path if path.exists() else self.converted("good")

    def data(self, name: str, change: Callable[[Any], Any], labels: bool = True) -> Path:
        """Write the images with a change."""
        path = self.folder / f"{name}.npz"
        with np.load(DATA) as found:
            x, y = found["x"][:400], found["y"][:400]
        np.savez(path, **({"x": change(x), "y": y} if labels else {"x": change(x)}))
        return path

    def diagnosed(self, network: Path, data: Path = DATA, calibration: Path | None = None, **options: Any) -> Diagnosis:
        chosen = snnconv.DiagnoseOptions(**{"samples": IMAGES, **options})
        return snnconv.diagnose(network, MODEL, data, chosen, calibration=calibration)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def healthy(workshop) -> Diagnosis:
    """The diagnosis of a network that nothing is wrong with."""
    return workshop.diagnosed(workshop.good, calibration=workshop.calibrated(), steps=350)


@pytest.fixture(scope="session")
def change_nodes() -> Callable[..., SpikingNetwork]:
    """Give the function that changes fields of all nodes of a kind."""

    def change(network: SpikingNetwork, kind: type, **update: Any) -> SpikingNetwork:
        nodes = tuple(node.model_copy(update=update) if isinstance(node, kind) else node for node in network.nodes)
        return replace(network, nodes=nodes)

    return change
