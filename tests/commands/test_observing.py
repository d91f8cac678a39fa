"""Observation of a run: what is in the folder, what it does not depend on, and going on."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.choices import BackendName, ChannelOrder, Compensation, Encoding
from snnconv.commands import observing as module
from snnconv.data.geometry import Geometry
from snnconv.errors import RunError
from snnconv.runs.observation import LayerErrors, Observation, load_observation
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.summary import load_summary
from tests.conftest import ModelBuilder

IMAGES = 12
STEPS = 20


@pytest.fixture(scope="module")
def converted(tiny_resnet, tiny_images, tmp_path_factory) -> Path:
    """Give a folder with the tiny network and labelled images, n.snn and x.npz."""
    folder: Path = tmp_path_factory.mktemp("observed")
    np.savez(folder / "x.npz", x=tiny_images, y=np.arange(40) % 5)
    snnconv.calibrate(tiny_resnet, folder / "x.npz", folder / "x.calib")
    options = snnconv.ConversionOptions(compensation=Compensation.NONE)
    snnconv.convert(tiny_resnet, folder / "x.calib", folder / "n.snn", options, verify=False)
    return folder


def run(folder: Path, out: Path, told: Any = None, **options: Any) -> Observation | None:
    chosen = {"steps": STEPS, "limit": IMAGES, "threads": 1} | options
    snnconv.simulate(
        folder / "n.snn",
        folder / "x.npz",
        out,
        snnconv.SimulateOptions(**chosen),
        observing=told or (lambda done, total: None),
    )
    return observation_of(out)


def test_one_of_other_decisions_is_made_anew(converted, tmp_path, caplog) -> None:
    out = tmp_path / "run"
    made = run(converted, out, observe=3)
    assert made is not None
    images = (made.images[0].model_copy(update={"decision": (made.images[0].decision + 1) % 5}), *made.images[1:])
    RunFolder(out).write_observation(made.model_copy(update={"images": images}).model_dump(mode="json"))
    with caplog.at_level("WARNING", "snnconv"):
        assert run(converted, out, observe=3) == made
    assert "observation.json is of other images than the run" in caplog.text


def observation_of(out: Path) -> Observation | None:
    folder = RunFolder(out)
    return load_observation(folder, load_summary(folder))


def file(out: Path) -> bytes:
    return (out / "observation.json").read_bytes()


def test_what_it_says(converted, tiny_resnet, tmp_path) -> None:
    told: list[tuple[int, int]] = []
    found = run(converted, tmp_path / "run", lambda *numbers: told.append(numbers), reference=tiny_resnet, observe=5)
    assert found is not None
    assert (told[0], told[-1]) == ((0, 6), (6, 6))
    part = np.load(tmp_path / "run" / "parts" / "00000000.npz")
    request = json.loads((tmp_path / "run" / "run.json").read_text())["request"]
    assert (found.network_sha256, found.steps) == (request["network"]["sha256"], STEPS)
    assert (found.encoding, found.seed) == ("constant", None)
    for position, image in enumerate(found.images):
        assert (image.position, image.label) == (position, position % 5)
        assert image.decision == part["predictions"][position, -1]
        assert image.model_decision == part["reference"][position]
        # no picture of two channels
        assert image.picture is None
    assert len(found.images) == 5
    for index, layer in enumerate(found.layers):
        assert sum(layer.rates) == 5 * np.prod(layer.shape)
        fired = part["spikes_by_image"][:5, index].sum()
        assert layer.mean_rate == pytest.approx(fired / (5 * STEPS * np.prod(layer.shape)), rel=1e-12)
        assert layer.errors is not None
    # it is no part of the request: the result is the same
    assert not any("observe" in key for key in request)


def test_errors_are_those_of_diagnose(converted, tiny_resnet, tmp_path) -> None:
    found = run(converted, tmp_path / "run", reference=tiny_resnet)
    assert found is not None
    options = snnconv.DiagnoseOptions(samples=IMAGES, steps=STEPS)
    made = snnconv.diagnose(converted / "n.snn", tiny_resnet, converted / "x.npz", options)
    assert len(found.images) == IMAGES
    # a diagnosis may say more of a layer
    diagnosed = {layer.name: layer.model_dump(include=set(LayerErrors.model_fields)) for layer in made.layers}
    for layer in found.layers:
        assert layer.errors is not None
        assert layer.errors.model_dump() == diagnosed[layer.name]
    assert found.growth == made.growth


@pytest.mark.parametrize("encoding", [Encoding.CONSTANT, Encoding.POISSON])
def test_the_file_is_the_same_for_every_way_to_run(encoding, converted, tiny_resnet, tmp_path) -> None:
    given: dict[str, Any] = {"reference": tiny_resnet, "encoding": encoding, "seed": 4}
    run(converted, tmp_path / "a", **given, backend=BackendName.NUMPY, batch_size=1)
    for i, options in enumerate(({"threads": 2}, {"batch_size": 5}, {"backend": BackendName.NUMPY, "threads": 3})):
        run(converted, tmp_path / str(i), **given | options)
        assert file(tmp_path / str(i)) == file(tmp_path / "a")


def test_without_a_model(converted, tmp_path) -> None:
    found = run(converted, tmp_path / "run", observe=100)
    assert found is not None
    assert len(found.images) == IMAGES
    assert found.growth is None
    assert all(layer.errors is None and layer.density is None for layer in found.layers)
    assert all(each.activation is None for each in found.maps)
    assert all(image.model_decision is None for image in found.images)


def test_none_asked_for(converted, tmp_path) -> None:
    assert run(converted, tmp_path / "run", observe=0) is None


def test_it_is_made_once(converted, tmp_path) -> None:
    out = tmp_path / "run"
    told: list[int] = []
    run(converted, out, observe=3)
    before = (out / "observation.json").stat().st_mtime_ns
    run(converted, out, lambda done, total: told.append(done), observe=3)
    assert ((out / "observation.json").stat().st_mtime_ns, told) == (before, [])
    # nothing asked for: what is there stays
    assert run(converted, out, observe=0) is not None
    # another number, and back
    content = file(out)
    found = run(converted, out, observe=2)
    assert found is not None
    assert len(found.images) == 2
    run(converted, out, observe=3)
    assert file(out) == content
    # another run in its place
    assert run(converted, out, observe=0, overwrite=True) is None


def test_an_interruption(converted, tmp_path) -> None:
    """A run is complete before it is observed; repeated, it is observed and nothing is simulated again."""
    run(converted, tmp_path / "whole")
    out = tmp_path / "run"

    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(converted, out, interrupt)
    assert observation_of(out) is None
    part = out / "parts" / "00000000.npz"
    before = part.stat().st_mtime_ns
    assert json.loads((out / "summary.json").read_text())["complete"]
    run(converted, out)
    assert part.stat().st_mtime_ns == before
    assert file(out) == file(tmp_path / "whole")


def test_a_damaged_one_is_made_anew(converted, tmp_path, caplog) -> None:
    out = tmp_path / "run"
    run(converted, out)
    content = file(out)
    (out / "observation.json").write_bytes(content[: len(content) // 2])
    with pytest.raises(RunError, match=r"observation\.json is damaged"):
        observation_of(out)
    run(converted, out)
    assert file(out) == content
    assert "observation.json is damaged" in caplog.text


def test_other_decisions_are_a_bug(converted, tmp_path, monkeypatch) -> None:
    observe = module.observe

    def wrong(*given: Any, **options: Any) -> Any:
        found = observe(*given, **options)
        found.decisions[3] = (found.decisions[3] + 1) % 5
        return found

    monkeypatch.setattr(module, "observe", wrong)
    with pytest.raises(
        RunError, match=r"image 3 is decided as \d when it is observed, as \d in the run; this is a bug"
    ):
        run(converted, tmp_path / "run")
    assert not (tmp_path / "run" / "observation.json").exists()


@pytest.mark.parametrize("order", list(ChannelOrder))
def test_pictures_of_the_images(order, tmp_path) -> None:
    """Red first, whatever the order in which the model takes the channels."""
    b = ModelBuilder((3, 4, 4))
    b.relu(b.conv("input", "conv1", (4, 3, 3, 3), pads=[1, 1, 1, 1]), "relu1")
    b.classifier("relu1", 4)
    model = b.save(tmp_path / "m.onnx")
    x = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3), dtype=np.uint8)
    x[:, 0, 0], x[:, 0, 1] = 0, 255
    np.save(tmp_path / "x.npy", x)
    options = snnconv.PreprocessingOptions(geometry=Geometry(channels=order))
    snnconv.calibrate(model, tmp_path / "x.npy", tmp_path / "x.calib", preprocessing=options)
    chosen = snnconv.ConversionOptions(compensation=Compensation.NONE)
    snnconv.convert(model, tmp_path / "x.calib", tmp_path / "n.snn", chosen, verify=False)
    out = tmp_path / "run"
    snnconv.simulate(tmp_path / "n.snn", tmp_path / "x.npy", out, snnconv.SimulateOptions(steps=4))
    found = observation_of(out)
    assert found is not None
    for position in (0, 1):
        np.testing.assert_array_equal(np.array(found.images[position].picture), x[position])
    assert [image.picture for image in found.images[2:]] == [None] * 4
