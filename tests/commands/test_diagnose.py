"""Diagnosis as a function."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import snnconv
from snnconv.choices import BackendName
from snnconv.commands import diagnose as diagnose_command
from snnconv.commands.diagnose import Diagnosis
from snnconv.errors import CalibrationError, DataError, FileMissingError, InputError, NetworkError, UsageError
from snnconv.ir import file
from snnconv.measuring.error_fit import fit

SCHEMA = Path(__file__).parents[2] / "schemas" / "diagnosis.schema.json"


@pytest.fixture(scope="module")
def converted(tiny_resnet, tiny_images, tmp_path_factory) -> Path:
    """Give a folder with the tiny network and its images, n.snn and x.npy."""
    folder = tmp_path_factory.mktemp("diagnosed")
    np.save(folder / "x.npy", tiny_images)
    snnconv.calibrate(tiny_resnet, folder / "x.npy", folder / "x.calib")
    options = snnconv.ConversionOptions.model_validate({"compensation": "none", "steps": 30})
    snnconv.convert(tiny_resnet, folder / "x.calib", folder / "n.snn", options, verify=False)
    return folder


def diagnose(folder: Path, model: Path, out: Path | None = None, progress: Any = None, **options: Any) -> Diagnosis:
    given: dict[str, Any] = {} if progress is None else {"progress": progress}
    chosen = snnconv.DiagnoseOptions(**options)
    return snnconv.diagnose(folder / "n.snn", model, folder / "x.npy", chosen, out=out, **given)


def test_what_it_says(converted, tiny_resnet, tmp_path) -> None:
    told: list[tuple[str, int, int]] = []
    out = tmp_path / "d.json"
    made = diagnose(converted, tiny_resnet, out, lambda *news: told.append(news))
    network = file.load(converted / "n.snn")
    # all 40 images: there are fewer than 64
    assert (made.images, made.steps, made.encoding, made.seed) == (40, 30, "constant", None)
    assert ("stage: steps", 40, 40) in told
    assert [layer.depth for layer in made.layers] == list(range(1, 1 + len(network.neurons)))
    assert [layer.name for layer in made.layers] == [node.name for node in network.neurons]
    neurons = [layer.neurons for layer in made.layers]
    assert sum(neurons) == network.neuron_count
    assert made.error == pytest.approx(np.average([layer.error for layer in made.layers], weights=neurons))
    assert made.absolute_error == pytest.approx(
        np.average([layer.absolute_error for layer in made.layers], weights=neurons)
    )
    assert made.growth is not None
    assert made.first_beyond_tolerance == next((one.name for one in made.layers if one.beyond_tolerance), None)
    for layer in made.layers:
        assert layer.beyond_tolerance == (layer.absolute_error > layer.least_error + 0.01)
        # no multiple of 1/30 is further away than half of it
        assert 0 < layer.least_error <= 1 / 60
    expected = fit([layer.most_active_error for layer in made.layers], [layer.depth for layer in made.layers])
    assert (made.growth.p, made.growth.q, made.growth.adjusted_r2) == (expected.p, expected.q, expected.adjusted_r2)
    assert made.tau_max == pytest.approx(1 / made.layers[-1].mean_highest_rate)
    assert Diagnosis.model_validate_json(out.read_text(encoding="utf-8")) == made
    jsonschema.validate(json.loads(out.read_text(encoding="utf-8")), json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_a_fit_at_a_bound_is_none(converted, tiny_resnet, monkeypatch) -> None:
    found = diagnose_command.growth
    monkeypatch.setattr("snnconv.commands.diagnose.growth", lambda errors: replace(found(errors), q=1000.0))
    assert diagnose(converted, tiny_resnet, samples=4).growth is None


def test_agreement_is_that_of_simulate(converted, tiny_resnet, tmp_path) -> None:
    run = snnconv.simulate(
        converted / "n.snn",
        converted / "x.npy",
        tmp_path / "run",
        snnconv.SimulateOptions(limit=12, reference=tiny_resnet),
    )
    made = diagnose(converted, tiny_resnet, samples=12)
    assert run.agreement is not None
    assert made.agreement == run.agreement["30"]
    assert [layer.mean_rate for layer in made.layers] == pytest.approx(
        [layer.mean_rate for layer in run.layers if layer.neurons], rel=1e-12
    )


def test_the_images_are_those_of_calibrate(converted, tiny_resnet, tmp_path) -> None:
    made = diagnose(converted, tiny_resnet, samples=12, steps=2)
    calibration = snnconv.calibrate(tiny_resnet, converted / "x.npy", tmp_path / "x.calib", samples=12)
    assert made.choice == calibration.sources[0].sha256
    assert made.choice != diagnose(converted, tiny_resnet, samples=13, steps=2).choice


def test_threads_and_backend_change_nothing(converted, tiny_resnet) -> None:
    expected = diagnose(converted, tiny_resnet, samples=35, steps=10, threads=1, backend=BackendName.NUMPY)
    found = diagnose(converted, tiny_resnet, samples=35, steps=10, threads=3)
    assert found.model_copy(update={"backend": expected.backend}) == expected


def test_more_samples_than_images(converted, tiny_resnet) -> None:
    with pytest.raises(DataError, match=r"x\.npy has 40 images, 41 were asked for; ask for fewer"):
        diagnose(converted, tiny_resnet, samples=41)


def test_another_model_is_refused(converted, new_residual_network, tmp_path) -> None:
    other = new_residual_network(seed=1).save(tmp_path / "other.onnx")
    with pytest.raises(NetworkError, match=r"other\.onnx .* is not the model that the network was converted from"):
        diagnose(converted, other)


def test_images_of_another_scale_are_refused(converted, tiny_resnet, tiny_images, tmp_path) -> None:
    np.save(tmp_path / "x.npy", 255 * tiny_images)
    (tmp_path / "n.snn").write_bytes((converted / "n.snn").read_bytes())
    with pytest.raises(DataError, match=r"preprocessed images reach .* give data of the same scale"):
        diagnose(tmp_path, tiny_resnet)


def test_nothing_is_run_for_a_place_that_cannot_be_written(converted, tiny_resnet, tmp_path) -> None:
    told: list[str] = []
    with pytest.raises(InputError, match=r"the folder .* does not exist"):
        diagnose(converted, tiny_resnet, tmp_path / "none" / "d.json", lambda what, *_: told.append(what))
    assert not told


@pytest.mark.parametrize("missing", ["network", "model", "data"])
def test_a_missing_path(missing, converted, tiny_resnet, tmp_path) -> None:
    paths = {"network": converted / "n.snn", "model": tiny_resnet, "data": converted / "x.npy"}
    paths[missing] = tmp_path / "gone"
    with pytest.raises(FileMissingError, match="gone"):
        snnconv.diagnose(paths["network"], paths["model"], paths["data"])


def test_the_tolerance_decides_what_is_marked(converted, tiny_resnet) -> None:
    strict = diagnose(converted, tiny_resnet, samples=8, tolerance=1e-6)
    assert strict.first_beyond_tolerance == strict.layers[0].name
    lenient = diagnose(converted, tiny_resnet, samples=8, tolerance=1.0)
    assert lenient.first_beyond_tolerance is None
    assert [one.absolute_error for one in lenient.layers] == [one.absolute_error for one in strict.layers]


@pytest.mark.parametrize("tolerance", [0.0, -0.1, float("nan"), float("inf")])
def test_a_tolerance_that_is_none(tolerance, converted, tiny_resnet) -> None:
    with pytest.raises(UsageError, match="must be a number above 0"):
        diagnose(converted, tiny_resnet, tolerance=tolerance)


def test_labels_split_the_accuracy_too(converted, tiny_resnet, tiny_images, tmp_path) -> None:
    labels = np.arange(40) % 5
    np.savez(tmp_path / "x.npz", x=tiny_images, y=labels)
    options = snnconv.DiagnoseOptions(samples=20)
    made = snnconv.diagnose(converted / "n.snn", tiny_resnet, tmp_path / "x.npz", options)
    assert made.labelled == 20
    assert made.model_accuracy is not None
    assert made.accuracy is not None
    assert sum(part.accuracy_lost or 0.0 for part in made.parts) == pytest.approx(made.model_accuracy - made.accuracy)
    without = diagnose(converted, tiny_resnet, samples=20)
    assert (without.labelled, without.accuracy, without.model_accuracy) == (0, None, None)
    assert [part.lost for part in without.parts] == [part.lost for part in made.parts]


def test_the_calibration_of_another_model(converted, tiny_resnet, new_residual_network, tmp_path) -> None:
    other = new_residual_network(seed=1).save(tmp_path / "other.onnx")
    snnconv.calibrate(other, converted / "x.npy", tmp_path / "o.calib")
    with pytest.raises(CalibrationError, match=r"o\.calib was made from other\.onnx"):
        snnconv.diagnose(converted / "n.snn", tiny_resnet, converted / "x.npy", calibration=tmp_path / "o.calib")


def test_another_calibration_of_the_same_model(converted, tiny_resnet, tmp_path) -> None:
    snnconv.calibrate(tiny_resnet, converted / "x.npy", tmp_path / "few.calib", samples=3)
    with pytest.raises(CalibrationError, match=r"few\.calib .* is another calibration of the model"):
        snnconv.diagnose(converted / "n.snn", tiny_resnet, converted / "x.npy", calibration=tmp_path / "few.calib")


def test_a_readout_of_current_has_no_part_for_counting(tiny_resnet, converted, tmp_path) -> None:
    options = snnconv.ConversionOptions.model_validate({"compensation": "none", "steps": 30, "readout": "current"})
    snnconv.convert(tiny_resnet, converted / "x.calib", tmp_path / "n.snn", options, verify=False)
    made = snnconv.diagnose(tmp_path / "n.snn", tiny_resnet, converted / "x.npy", snnconv.DiagnoseOptions(samples=8))
    assert [part.name.value for part in made.parts] == ["weights", "clipping", "steps"]
    # the classifier's logits are in the model's own units: nothing but neurons is compared
    assert made.parts[0].error < 1e-4


def test_no_input_is_written_over(converted, tiny_resnet) -> None:
    before = (converted / "n.snn").read_bytes()
    with pytest.raises(InputError, match="this command reads"):
        diagnose(converted, tiny_resnet, converted / "n.snn")
    assert (converted / "n.snn").read_bytes() == before
