"""A small network and what comes with it, made once: the files that the checks of damage begin from."""

from importlib import resources
from pathlib import Path
from unittest import mock

import numpy as np
import onnx

from snnconv.files.journal import Journal
from tests.conftest import residual_network
from tests.fuzz.command import run

IMAGES, STEPS = 40, 5


def make(folder: Path) -> Path:
    """Make net.onnx, x.npz, x.npy, net.calib, net.snn, profile.json, searched.snn and two runs; give the folder.

    Beside ``searched.snn`` lies ``searched.snn.unfinished``, as if the search had been stopped at its end. The runs are
    ``run``, of three parts, with labels, reference and observation, and ``other``, of Poisson spikes.
    """
    images = np.random.default_rng(0).normal(0.3, 1, (IMAGES, 2, 8, 8)).astype(np.float32)
    onnx.save(residual_network().model(), folder / "net.onnx")
    np.savez(folder / "x.npz", x=images, y=np.arange(IMAGES) % 5)
    np.save(folder / "x.npy", images)
    _did("calibrate", folder / "net.onnx", "--data", folder / "x.npz", "-o", folder / "net.calib")
    _did(*convert(folder, "net.snn"))
    _did(*simulate(folder, folder / "run"))
    _did(*simulate(folder, folder / "other"), "--encoding", "poisson")
    profile = resources.files("snnconv.reporting.energy") / "profiles" / "simple45-memory.json"
    (folder / "profile.json").write_bytes(profile.read_bytes())
    with mock.patch.object(Journal, "discard"):
        _did(*search(folder, "searched.snn"))
    return folder


def search(folder: Path, out: str) -> tuple[object, ...]:
    """Give a command line that searches for factors, and keeps what it finds beside its result."""
    options = ("--compensation", "layerwise", "--steps", 3, "--data", folder / "x.npz", "--samples", 4)
    options += ("--no-verify", "--threads", 1)
    return ("convert", folder / "net.onnx", "--calibration", folder / "net.calib", *options, "-o", folder / out)


def convert(folder: Path, out: str) -> tuple[object, ...]:
    """Give a command line that converts without a search."""
    options = ("--compensation", "none", "--steps", STEPS)
    return ("convert", folder / "net.onnx", "--calibration", folder / "net.calib", *options, "-o", folder / out)


def simulate(folder: Path, out: Path) -> tuple[object, ...]:
    """Give the command line that made ``run``."""
    options = ("--reference", folder / "net.onnx", "--threads", 1, "--observe", 3)
    return ("simulate", folder / "net.snn", "--data", folder / "x.npz", *options, "-o", out)


def _did(*arguments: object) -> None:
    done = run(*arguments)
    if done.refused or done.fault:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: {done.refused or done.fault}")
