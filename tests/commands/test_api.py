"""The library's face: what the package offers without the command line."""

from pathlib import Path

import pytest

import snnconv

SAMPLES = Path(__file__).parents[2] / "sample_models"


def test_the_main_job_from_python(tmp_path, monkeypatch) -> None:
    from snnconv.commands.calibrate import PreprocessingOptions
    from snnconv.commands.simulate import SimulateOptions

    monkeypatch.chdir(tmp_path)
    model, test = str(SAMPLES / "digits_resnet.onnx"), str(SAMPLES / "digits_test.npz")
    done: list[tuple[int, int]] = []
    calibration = snnconv.calibrate(
        model,
        SAMPLES / "digits_calibration.npz",
        "d.calib",
        samples=200,
        preprocessing=PreprocessingOptions(scale=16, mean="0.5", std="0.5"),
        progress=lambda *numbers: done.append(numbers),
    )
    assert len(calibration.images) == 200
    assert done[-1] == (200, 200)
    network, summary = snnconv.convert(model, "d.calib", "d.snn", snnconv.ConversionOptions(compensation="none"))
    assert summary.parity is not None
    assert summary.parity.drawn
    # ReLUs: 5 × 512, 4 × 256 and 4 × 128; then the pooling's 32 and the 10 classes
    assert summary.neurons == 5 * 512 + 4 * 256 + 4 * 128 + 32 + 10
    assert len(network.neurons) == 15
    run = snnconv.simulate("d.snn", test, "run", SimulateOptions(steps=4, limit=20))
    assert run.accuracy is not None
    assert snnconv.report("run").accuracy_by_step[-1].accuracy == run.accuracy["4"]
    assert snnconv.inspect("d.snn").content["format"] == "snnconv.snn"


def test_what_there_is() -> None:
    for name in snnconv.__all__:
        assert getattr(snnconv, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'transmute'"):
        _ = snnconv.transmute
