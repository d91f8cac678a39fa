"""One rule for what is near chance: every command that sees labels says the same of them."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.choices import Compensation
from snnconv.graph.running.reference import ReferenceModel
from snnconv.reporting.page import write_page

NEAR = "is right on 0.0 % of 40 labelled images, near chance for 5 classes (guessing gets 20 %)"


@pytest.fixture(params=["wrong", "right"])
def labelled(request: Any, tiny_resnet: Path, tiny_images: Any, tmp_path: Path) -> tuple[Path, bool]:
    """Give a folder with images whose labels are the model's own decisions, or each another class."""
    decisions = ReferenceModel(tiny_resnet).run(tiny_images)[0].argmax(axis=1)
    wrong = request.param == "wrong"
    np.savez(tmp_path / "d.npz", x=tiny_images, y=(decisions + wrong) % 5)
    return tmp_path, wrong


def test_every_command_says_it(labelled: tuple[Path, bool], tiny_resnet: Path, caplog: Any) -> None:
    folder, wrong = labelled
    data, calibration, network = folder / "d.npz", folder / "x.calib", folder / "n.snn"
    with caplog.at_level(logging.WARNING):
        snnconv.calibrate(tiny_resnet, data, calibration)
        calibrated = [line for line in caplog.messages if "near chance" in line]
        assert len(calibrated) == wrong
        assert all(line.startswith(f"warning: the model {NEAR}: check --scale") for line in calibrated)
        caplog.clear()
        options = snnconv.ConversionOptions(compensation=Compensation.NONE, steps=64)
        snnconv.convert(tiny_resnet, calibration, network, options, verify=False)
        snnconv.simulate(network, data, folder / "run", snnconv.SimulateOptions(reference=tiny_resnet, observe=0))
        simulated = [line for line in caplog.messages if "near chance" in line]
    made = snnconv.report(folder / "run")
    write_page([made], folder / "page.html")
    found = snnconv.diagnose(network, tiny_resnet, data)
    assert simulated == ([f"warning: {made.near_chance}"] if wrong else [])
    assert (made.near_chance is not None) == wrong
    assert (json.loads(made.model_dump_json())["near_chance"] is not None) == wrong
    assert ("near chance for 5 classes" in (folder / "page.html").read_text()) == wrong
    assert any("guessing among 5 classes gets 20 %" in one.evidence for one in found.findings) == wrong
