"""Calibration as a function: the batch size."""

from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.commands import calibrate as module
from snnconv.errors import DataError


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_of_nothing_is_refused(batch_size: int, tmp_path) -> None:
    # before any file is looked for
    with pytest.raises(DataError, match=f"^batches of {batch_size} images were asked for; ask for at least 1$"):
        snnconv.calibrate("no.onnx", "no.npy", tmp_path / "x.calib", batch_size=batch_size)


@pytest.mark.parametrize(
    ("fixed", "asked", "fitting", "expected"),
    [
        (None, 64, 100, 64),
        (None, 64, 10, 10),
        (10, 64, 100, 60),
        (10, 64, 25, 20),
        (10, 64, 1, 10),
        (10, 10, 10, 10),
        (10, 4, 100, 4),
    ],
)
def test_the_images_at_a_time(
    fixed: int | None,
    asked: int,
    fitting: int,
    expected: int,
    new_residual_network,
    tiny_images,
    tmp_path,
    monkeypatch,
) -> None:
    path = new_residual_network(batch=fixed).save(tmp_path / "m.onnx")
    np.save(tmp_path / "x.npy", tiny_images)
    seen: list[int] = []

    def spy(*given: Any, batch_size: int, **more: Any) -> Any:
        seen.append(batch_size)
        return measure(*given, batch_size=batch_size, **more)

    measure = module.measure
    monkeypatch.setattr(module, "measure", spy)
    monkeypatch.setattr(module, "fitting_batch", lambda *_: fitting)
    calibration = snnconv.calibrate(path, tmp_path / "x.npy", tmp_path / "x.calib", batch_size=asked)
    assert seen == [expected]
    assert len(calibration.images) == 40
