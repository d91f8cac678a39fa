"""Memory does not grow with the number of images."""

import gc
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snnconv.data import open_images

BATCH = 100


def _npy(path: Path, count: int) -> Path:
    np.save(path / f"{count}.npy", np.zeros((count, 16, 16, 3), np.uint8))
    return path / f"{count}.npy"


def _npz(path: Path, count: int) -> Path:
    np.savez(path / f"{count}.npz", x=np.zeros((count, 16, 16, 3), np.uint8))
    return path / f"{count}.npz"


def _compressed(path: Path, count: int) -> Path:
    np.savez_compressed(path / f"{count}c.npz", x=np.zeros((count, 16, 16, 3), np.uint8))
    return path / f"{count}c.npz"


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("save", [_npy, _npz, _compressed])
def test_arrays_are_streamed(tmp_path: Path, save: Callable[[Path, int], Path]) -> None:
    def read(path: Path) -> None:
        for _ in open_images(path, input_shape=(3, 16, 16)).batches(BATCH):
            pass

    few, many = save(tmp_path, 200), save(tmp_path, 5000)
    read(few)  # what is imported or cached at first use is not the images'
    # two batches are 154 kB, all images 3.8 MB
    assert _peak(lambda: read(many)) < 1.1 * _peak(lambda: read(few))


def test_the_middle_of_an_npz_is_reached_in_pieces(tmp_path: Path) -> None:
    images = open_images(_compressed(tmp_path, 5000), input_shape=(3, 16, 16))
    next(images.batches(1, 1000))
    # 0.8 MB and 3.8 MB are passed over, in pieces of 256 KiB
    near = _peak(lambda: next(images.batches(BATCH, 1000)))
    assert _peak(lambda: next(images.batches(BATCH, 4900))) < 1.1 * near


def test_zips_are_read_entry_by_entry(tmp_path: Path, png: Callable[..., bytes]) -> None:
    # pixels that do not compress: each entry is about 12 kB, and all of one zip's are the same
    data = png(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    sets = []
    for count in (200, 5000):
        with zipfile.ZipFile(tmp_path / f"{count}.zip", "w") as archive:
            for index in range(count):
                archive.writestr(f"c{index % 10}/{index:04}.png", data)
        # opened before memory is measured: names, labels and sizes are kept for each image
        sets.append(open_images(tmp_path / f"{count}.zip", input_shape=(3, 64, 64)))

    def read(index: int) -> None:
        # three batches of each set: its beginning, its middle and its end
        for start in (0, sets[index].count // 2, sets[index].count - BATCH):
            for _ in sets[index].batches(BATCH, start, start + BATCH):
                pass

    read(0)
    assert _peak(lambda: read(1)) < 1.1 * _peak(lambda: read(0))


def test_what_is_kept_of_a_zip_is_small(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for index in range(5000):
            archive.writestr(f"c{index % 10}/{index:04}.png", b"")
    # what is imported at first use is not the images'
    kept = [open_images(tmp_path / "images.zip", input_shape=(3, 2, 2))]
    tracemalloc.start()
    try:
        kept.append(open_images(tmp_path / "images.zip", input_shape=(3, 2, 2)))
        gc.collect()
        current, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # a name, five numbers, a label and a place: about 130 bytes; zipfile's table takes several times that
    assert current / 5000 < 250
