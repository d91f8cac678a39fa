"""The library's face: what the package offers without the command line."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

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
    told = snnconv.report("run", ["loihi1"])
    assert told.accuracy_by_step[-1].accuracy == run.accuracy["4"]
    assert [profile.id for profile in told.profiles] == ["loihi1"]
    assert snnconv.inspect("d.snn").content["format"] == "snnconv.snn"


def test_the_example_of_the_readme(tmp_path, monkeypatch, capsys) -> None:
    """With the sample model in the place of its files."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(SAMPLES / "digits_resnet.onnx", "resnet20.onnx")
    shutil.copy(SAMPLES / "digits_test.npz", "test.npz")
    shutil.copy(SAMPLES / "digits_calibration.npz", "train.npz")
    given = snnconv.PreprocessingOptions(scale=16, mean=[0.5], std=0.5)
    snnconv.calibrate("resnet20.onnx", "train.npz", "resnet20.calib", preprocessing=given)
    text = (SAMPLES.parent / "README.md").read_text("utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert '"train.zip"' in block
    assert "limit=500" in block
    exec(block.replace("train.zip", "train.npz").replace("limit=500", "limit=20"), {})
    assert "'64': " in capsys.readouterr().out


def test_numbers_and_paths_stand_for_themselves(tmp_path) -> None:
    given = snnconv.PreprocessingOptions
    assert given(mean=[0.1, 0.2], std=2).model_dump() == given(mean="0.1,0.2", std="2.0").model_dump()
    assert given(mean=np.array([0.1, 0.2]), std=tmp_path / "s.npy").std == str(tmp_path / "s.npy")
    assert snnconv.SimulateOptions(reference="m.onnx", encoding="poisson").reference == Path("m.onnx")


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"limit": -1}, {"threads": -1}, {"seed": -1}, {"observe": -1}])
def test_options_are_checked_when_they_are_made(wrong) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        snnconv.SimulateOptions(**wrong)
    if not {"limit", "observe"} & set(wrong):
        with pytest.raises(ValidationError):
            snnconv.DiagnoseOptions(**wrong)


def test_what_there_is() -> None:
    for name in snnconv.__all__:
        assert getattr(snnconv, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'transmute'"):
        _ = snnconv.transmute
