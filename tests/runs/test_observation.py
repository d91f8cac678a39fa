"""``observation.json``: written whole, read again, and what damage says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from snnconv.account.neurobench import NeuroBench, SynapticOperations
from snnconv.errors import RunError
from snnconv.files import sealed
from snnconv.runs.observation import (
    DENSITY_BINS,
    RATE_BINS,
    FeatureMap,
    Observation,
    ObservedImage,
    ObservedLayer,
    Raster,
    RasterRow,
    load_observation,
)
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.summary import RunSummary
from tests.reporting.conftest import SUMMARY, record

RUN = RunSummary.model_validate(SUMMARY)
RECORD = record(SUMMARY)


def observation(**changes: Any) -> Observation:
    layer = ObservedLayer(
        depth=1,
        name="stem",
        shape=(1, 5, 1),
        mean_rate=1 / 20,
        highest_rate=1 / 4,
        silent_neurons=0.5,
        rates=(4, *(0,) * 9, 1, *(0,) * (RATE_BINS - 11)),
        never_fired=4,
        membrane_updates=4,
        errors=None,
        density=None,
    )
    image = ObservedImage(position=0, label=None, decision=1, model_decision=None, picture=(((0, 255, 3),),))
    raster = Raster(image=0, rows=(RasterRow(layer="stem", neuron=(0, 1, 0), steps=(2,)),))
    maps = (FeatureMap(image=0, layer="stem", channel=0, rate=((0.0,), (0.3333,)), activation=None),)
    fields: dict[str, Any] = {"network_sha256": "0" * 64, "steps": 4, "encoding": "constant", "seed": None}
    fields |= {"images": (image,), "layers": (layer,), "growth": None, "raster": raster, "maps": maps}
    fields["neurobench"] = NeuroBench(
        Footprint=24,
        ParameterCount=6,
        ConnectionSparsity=0.25,
        ActivationSparsity=0.5,
        SynapticOperations=SynapticOperations(Effective_MACs=8.0, Effective_ACs=3.0, Dense=20.0),
        MembraneUpdates=7.0,
    )
    return Observation(**(fields | changes))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    with made.locked():
        made.begin(RECORD)
        made.write_observation(observation().model_dump(mode="json"))
    return made


def test_what_is_written_is_read_again(folder) -> None:
    assert load_observation(folder, RUN) == observation()
    text = (folder.path / "observation.json").read_text(encoding="ascii")
    assert text.count("\n") == 1
    assert " " not in text


def test_a_run_without_one(folder) -> None:
    (folder.path / "observation.json").unlink()
    assert load_observation(folder, RUN) is None


def test_beginning_anew_removes_it(folder) -> None:
    with folder.locked():
        folder.begin(RECORD)
    assert load_observation(folder, RUN) is None


def test_a_discarded_run_leaves_none(folder) -> None:
    with folder.locked():
        folder.discard()
    assert not folder.path.exists()


def damaged(**changes: Any) -> bytes:
    return json.dumps(sealed.seal(observation().model_dump(mode="json") | changes)).encode()


def in_layer(**changes: Any) -> bytes:
    content = observation().model_dump(mode="json")
    return damaged(layers=[content["layers"][0] | changes])


def in_image(**changes: Any) -> bytes:
    return damaged(images=[observation().model_dump(mode="json")["images"][0] | changes])


def in_row(**changes: Any) -> bytes:
    return damaged(raster={"image": 0, "rows": [observation().model_dump(mode="json")["raster"]["rows"][0] | changes]})


def in_map(**changes: Any) -> bytes:
    return damaged(maps=[observation().model_dump(mode="json")["maps"][0] | changes])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged: not valid JSON"),
        (b"\xff", "is damaged: not valid JSON"),
        (b'{"a": 1, "a": 2}', "is damaged: JSON with duplicate keys: a"),
        (b'{"steps": NaN}', "is damaged: JSON with NaN"),
        (b"[1]", "is damaged: it holds no JSON object"),
        (b"[" * 100_000, "is damaged: JSON nested more than 64 deep"),
        (b"{}", "is damaged: its format is None, expected 'snnconv.observation'"),
        (damaged(version=2), "has snnconv.observation version 2, this snnconv reads up to 1: upgrade snnconv"),
        (damaged(format="snnconv.report"), "is damaged: its format is 'snnconv.report', expected 'snnconv.observa"),
        (damaged().replace(b'"silent_neurons": 0.5', b'"silent_neurons": 0.25'), "is damaged or was changed: what it"),
        (damaged().replace(b'"digest"', b'"more"'), "was changed, or is of an early snnconv: it has no digest"),
        (damaged(steps=0), "is damaged: steps: "),
        (damaged(more=0), "is damaged: more: "),
        (in_layer(rates=[1, 2]), "is damaged: layers.0.rates: "),
        (in_layer(density=[[0, DENSITY_BINS, 1]]), "is damaged: layers.0.density.0.1: "),
        (in_layer(mean_rate=1.5), "is damaged: layers.0.mean_rate: "),
        (damaged(network_sha256="1" * 64), "is damaged: its network_sha256 is not that of the run"),
        (damaged(steps=5), "is damaged: its steps is not that of the run"),
        (damaged(seed=1), "is damaged: its seed is not that of the run"),
        (damaged(images=[]), "is damaged: it has 0 images, the run 8"),
        (in_image(position=1), "is damaged: image 0 has the position 1"),
        (in_image(label=10), "is damaged: image 0 has a class beyond the 10 of the run"),
        (in_image(picture=[[[1], [2]], [[3]]]), "is damaged: the picture of image 0 is no (H, W, 3) or (H, W, 1)"),
        (in_image(picture=[[[1, 2]]]), "is damaged: the picture of image 0 is no (H, W, 3) or (H, W, 1)"),
        (in_image(picture=[]), "is damaged: the picture of image 0 is no (H, W, 3) or (H, W, 1)"),
        (damaged(layers=[]), "is damaged: its layers are not those of the run"),
        (in_layer(name="block"), "is damaged: its layers are not those of the run"),
        (in_layer(shape=[1, 4, 1]), "is damaged: its layers are not those of the run"),
        (in_layer(depth=2), "is damaged: the layer stem has the depth 2, expected 1"),
        (in_layer(rates=[1] * RATE_BINS), "is damaged: the rates of the layer stem are not those of 5 neurons in 1 im"),
        (in_layer(never_fired=5), "is damaged: the rates of the layer stem are not those of 5 neurons in 1 images"),
        (in_layer(density=[[0, 0, 5]]), "is damaged: the layer stem has errors without density, or density without er"),
        (damaged(raster={"image": 1, "rows": []}), "is damaged: its raster is of image 1, it has 1"),
        (in_row(neuron=[0, 5, 0]), "is damaged: its raster has the neuron (0, 5, 0) of stem, which is not there"),
        (in_row(layer="none"), "is damaged: its raster has the neuron (0, 1, 0) of none, which is not there"),
        (in_row(steps=[2, 2]), "is damaged: the spikes of stem in its raster are not in steps 1 to 4, ascending"),
        (in_row(steps=[5]), "is damaged: the spikes of stem in its raster are not in steps 1 to 4, ascending"),
        (in_map(channel=1), "is damaged: it has a map of image 0, channel 1 of stem, which is not there"),
        (in_map(image=1), "is damaged: it has a map of image 1, channel 0 of stem, which is not there"),
        (in_map(rate=[]), "is damaged: the maps of stem have rows of different lengths"),
        (in_map(rate=[[0.0], []]), "is damaged: the maps of stem have rows of different lengths"),
        (in_map(activation=[[0.0]]), "is damaged: the maps of stem have rows of different lengths"),
    ],
)
def test_damage_is_one_clear_error(content: bytes, message: str, folder) -> None:
    path = folder.path / "observation.json"
    path.write_bytes(content)
    with pytest.raises(RunError, match=re.escape(f"{path} {message}")) as caught:
        load_observation(folder, RUN)
    assert "\n" not in str(caught.value)
    assert "upgrade snnconv" in str(caught.value) or "; delete it, or repeat simulate, which makes it anew" in str(
        caught.value
    )


def test_a_folder_in_its_place(folder) -> None:
    path = folder.path / "observation.json"
    path.unlink()
    path.mkdir()
    with pytest.raises(RunError, match=r"observation\.json is damaged: .*Is a directory"):
        load_observation(folder, RUN)
