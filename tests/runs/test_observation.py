"""``observation.json``: written whole, read again, and what damage says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from snnconv.account.neurobench import NeuroBench, SynapticOperations
from snnconv.errors import RunError
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

RECORD: dict[str, Any] = {"request": {"steps": 3}, "versions": {}, "command_line": ["snnconv"]}


def observation(**changes: Any) -> Observation:
    layer = ObservedLayer(
        depth=1,
        name="n1",
        shape=(1, 2, 1),
        mean_rate=1 / 6,
        highest_rate=1 / 3,
        silent_neurons=0.5,
        rates=(1, *(0,) * 12, 1, *(0,) * (RATE_BINS - 14)),
        never_fired=1,
        membrane_updates=4,
        errors=None,
        density=((0, 0, 1), (3, 10, 1)),
    )
    image = ObservedImage(position=0, label=None, decision=1, model_decision=None, picture=(((0, 255, 3),),))
    raster = Raster(image=0, rows=(RasterRow(layer="n1", neuron=(0, 1, 0), steps=(2,)),))
    maps = (FeatureMap(image=0, layer="n1", channel=0, rate=((0.0,), (0.3333,)), activation=None),)
    fields: dict[str, Any] = {"network_sha256": "00", "steps": 3, "encoding": "constant", "seed": None}
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
    assert load_observation(folder) == observation()
    text = (folder.path / "observation.json").read_text(encoding="ascii")
    assert text.count("\n") == 1
    assert " " not in text


def test_a_run_without_one(folder) -> None:
    (folder.path / "observation.json").unlink()
    assert load_observation(folder) is None


def test_beginning_anew_removes_it(folder) -> None:
    with folder.locked():
        folder.begin(RECORD)
    assert load_observation(folder) is None


def test_a_discarded_run_leaves_none(folder) -> None:
    with folder.locked():
        folder.discard()
    assert not folder.path.exists()


def damaged(**changes: Any) -> bytes:
    return json.dumps(observation().model_dump(mode="json") | changes).encode()


def in_layer(**changes: Any) -> bytes:
    content = observation().model_dump(mode="json")
    return damaged(layers=[content["layers"][0] | changes])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged: not valid JSON"),
        (b"\xff", "is damaged: not valid JSON"),
        (b'{"a": 1, "a": 2}', "is damaged: JSON with duplicate keys: a"),
        (b'{"steps": NaN}', "is damaged: JSON with NaN"),
        (b"[1]", "is damaged: it holds no JSON object"),
        (b"[" * 100_000, "is damaged: not valid JSON"),
        (b"{}", "is damaged: network_sha256: Field required"),
        (damaged(version=2), "has version 2, this snnconv reads up to 1: upgrade snnconv"),
        (damaged(format="snnconv.report"), "is damaged: format: "),
        (damaged(steps=0), "is damaged: steps: "),
        (damaged(more=0), "is damaged: more: "),
        (in_layer(rates=[1, 2]), "is damaged: layers.0.rates: "),
        (in_layer(density=[[0, DENSITY_BINS, 1]]), "is damaged: layers.0.density.0.1: "),
        (in_layer(mean_rate=1.5), "is damaged: layers.0.mean_rate: "),
    ],
)
def test_damage_is_one_clear_error(content: bytes, message: str, folder) -> None:
    path = folder.path / "observation.json"
    path.write_bytes(content)
    with pytest.raises(RunError, match=re.escape(f"{path} {message}")) as caught:
        load_observation(folder)
    assert "\n" not in str(caught.value)
    assert "upgrade snnconv" in str(caught.value) or "; delete it, or repeat simulate, which makes it anew" in str(
        caught.value
    )


def test_a_folder_in_its_place(folder) -> None:
    path = folder.path / "observation.json"
    path.unlink()
    path.mkdir()
    with pytest.raises(RunError, match=r"observation\.json is damaged: .*Is a directory"):
        load_observation(folder)
