"""Files of a few kB whose padding would take gigabytes are refused before anything runs."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.commands import verify as module
from snnconv.errors import ModelError, NotRunnableError

HUGE = 1 << 30

PLAIN = snnconv.ConversionOptions(compensation="none")


def convolution(**attributes: Any) -> Callable[[Any], None]:
    def build(b: Any) -> None:
        b.classifier(b.relu(b.conv("input", "layer", (4, 2, 3, 3), **attributes), "relu"), 4)

    return build


def pooling(op: str) -> Callable[[Any], None]:
    def build(b: Any) -> None:
        x = b.relu(b.conv("input", "conv", (4, 2, 3, 3), pads=[1] * 4), "relu")
        b.classifier(b.node(op, [x], "layer", kernel_shape=[40001] * 2, pads=[20000] * 4), 4)

    return build


PADDED = {
    "strides": convolution(pads=[12000] * 4, strides=[12000] * 2),
    "dilations": convolution(pads=[40000] * 4, dilations=[40000] * 2),
    "beyond int64": convolution(pads=[HUGE] * 4, strides=[HUGE] * 2),
    "average": pooling("AveragePool"),
    "max": pooling("MaxPool"),
}


@pytest.fixture
def calibrated(tiny_images, tmp_path) -> Callable[[Path], Path]:
    """Give a function that calibrates a model and gives the calibration."""

    def run(model: Path) -> Path:
        np.save(tmp_path / "x.npy", tiny_images[:4])
        snnconv.calibrate(model, tmp_path / "x.npy", tmp_path / "x.calib")
        return tmp_path / "x.calib"

    return run


@pytest.fixture
def nothing_runs(monkeypatch) -> None:
    """Fail where a model or network is run for the parity check."""

    def run(*_: Any, **__: Any) -> None:
        raise AssertionError("it ran")

    monkeypatch.setattr(module, "stage_deviations", run)
    monkeypatch.setattr(module, "check_parity", run)


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("build", PADDED.values(), ids=PADDED)
def test_too_much_padding_is_refused(build, verify: bool, new_model, calibrated, tmp_path) -> None:
    b = new_model()
    build(b)
    path = b.save(tmp_path / "padded.onnx")
    assert path.stat().st_size < 5000
    calibration = calibrated(path)
    tracemalloc.start()
    try:
        with pytest.raises(ModelError) as checked:
            snnconv.check(path)
        with pytest.raises(NotRunnableError) as converted:
            snnconv.convert(path, calibration, tmp_path / "n.snn", PLAIN, verify=verify)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    assert not (tmp_path / "n.snn").exists()
    assert str(checked.value).startswith(f"{path}: one image and one step need ")
    for message in (str(checked.value), str(converted.value)):
        assert "most of it at node LAYER" in message
        assert message.endswith("at most 8 GiB is allowed; raise --memory-limit")
        assert "\n" not in message


@pytest.mark.parametrize("build", [convolution(pads=[500] * 4, strides=[500] * 2)])
def test_the_limit_decides(build, new_model, calibrated, tmp_path) -> None:
    b = new_model()
    build(b)
    path = b.save(tmp_path / "padded.onnx")
    calibration, out = calibrated(path), tmp_path / "n.snn"
    totals = snnconv.check(path).totals
    assert totals is not None
    limit = totals.simulation_bytes
    assert limit > 2 * 1008**2 * 8
    assert snnconv.check(path, memory_limit=limit).totals == totals
    with pytest.raises(ModelError, match="raise --memory-limit"):
        snnconv.check(path, memory_limit=limit - 1)
    with pytest.raises(NotRunnableError, match="raise --memory-limit"):
        snnconv.convert(path, calibration, out, PLAIN, memory_limit=limit // 2)
    # twice as much: a network keeps a few numbers beside those of a check
    _, summary = snnconv.convert(path, calibration, out, PLAIN, memory_limit=2 * limit)
    assert summary.parity is not None
    # fewer images at a time than without padding, so that they fit
    assert summary.parity.images == 2
    images = tmp_path / "x.npy"
    with pytest.raises(NotRunnableError, match="raise --memory-limit"):
        snnconv.simulate(out, images, tmp_path / "run", snnconv.SimulateOptions(steps=2, memory_limit=limit // 2))
    options = snnconv.SimulateOptions(steps=2, memory_limit=2 * limit)
    assert snnconv.simulate(out, images, tmp_path / "run", options).images == 4
