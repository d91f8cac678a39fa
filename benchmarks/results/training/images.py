"""Training images: decoded once, kept beside the networks as arrays."""

import zipfile
from pathlib import Path

import numpy as np
from PIL import Image


def cifar10(data: Path, cache: Path) -> tuple[np.ndarray, np.ndarray]:
    """Give the 50,000 training images (N, 32, 32, 3) uint8 and their classes, in the order of the folder names."""
    kept = cache / "cifar10_train.npz"
    if not kept.exists():
        with zipfile.ZipFile(data / "cifar10" / "train.zip") as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
            classes = sorted({name.split("/")[-2] for name in names})
            x = np.stack([np.asarray(Image.open(archive.open(name)).convert("RGB")) for name in names])
        y = np.array([classes.index(name.split("/")[-2]) for name in names], dtype=np.uint8)
        np.savez(kept, x=x, y=y)
    found = np.load(kept)
    return found["x"], found["y"]


def mnist(data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Give the 60,000 training images (N, 28, 28, 1) uint8 and their classes."""
    found = np.load(data / "mnist" / "mnist.npz")
    return found["x_train"][..., None], found["y_train"]
