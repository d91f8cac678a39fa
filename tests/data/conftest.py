"""Small images that the tests of the data share."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Files = dict[str, bytes]


def encode(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    """Give an image file of (H, W, 3) or (H, W) uint8 pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def png() -> Callable[..., bytes]:
    """Give the function that encodes pixels."""
    return encode


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes files into a new folder."""

    def make(files: Files, name: str = "images") -> Path:
        for inner, data in files.items():
            path = tmp_path / name / inner
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return tmp_path / name

    return make


@pytest.fixture
def make_zip(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes files into a new zip file."""

    def make(files: Files, name: str = "images.zip", method: int = zipfile.ZIP_STORED) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w", method) as archive:
            for inner, data in files.items():
                archive.writestr(inner, data)
        return tmp_path / name

    return make


@pytest.fixture
def tree() -> Files:
    """Give 4 cats, 2 dogs and 3 emus of 5 × 4 pixels (height × width), each different."""
    random = np.random.default_rng(7)
    counts = {"cat": 4, "dog": 2, "emu": 3}
    return {
        f"train/{name}/{index}.png": encode(random.integers(0, 256, (5, 4, 3), dtype=np.uint8))
        for name, count in counts.items()
        for index in range(count)
    }
