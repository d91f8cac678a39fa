"""``summary.json``: names that are no text, damage, and the images so far."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import RunError
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.simulate import Piece, simulate
from snnconv.runs.summary import (
    DataSummary,
    NetworkSummary,
    RunSummary,
    Tally,
    extent_of,
    load_summary,
    operations,
)
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from tests.reporting.conftest import record

STEPS = 5


@pytest.fixture
def network(random_network):
    return random_network(3)


def summary(network: Any, tally: Tally) -> RunSummary:
    return RunSummary(
        complete=False,
        images=tally.images,
        planned_images=9,
        steps=STEPS,
        encoding="constant",
        classes=network.readout.shape[0],
        backend="numpy",
        threads=1,
        seconds=0.0,
        images_per_second=0.0,
        operations=operations(network),
        network=NetworkSummary(
            name="n\udcff.snn", sha256="0", source_name=None, method="m", options={"o": "\ud800"}, citations=()
        ),
        data=DataSummary(name="d\udcff", sha256="1"),
        **tally.numbers(),
    )


def test_names_that_are_no_unicode_become_harmless(network) -> None:
    made = summary(network, Tally(network, STEPS))
    assert made.network.name == r"n\udcff.snn"
    assert made.data.name == r"d\udcff"
    assert made.network.options == {"o": r"\ud800"}
    assert RunSummary.model_validate_json(made.model_dump_json()) == made


@pytest.fixture
def written(network, tmp_path: Path) -> RunFolder:
    """A run of one part of four images, its summary written from the tally."""
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 2, (4, *network.input.shape)).astype(np.float32)
    tally, folder = Tally(network, STEPS), RunFolder(tmp_path / "run")
    folder.begin(record(summary(network, tally).model_dump(mode="json")))
    for part in simulate(network, [Piece(0, images, None, None)], backend=NumpyBackend(), steps=STEPS, threads=1):
        folder.write_part(part)
        tally.add(part)
    folder.write_summary(summary(network, tally).model_dump(mode="json"))
    return folder


def test_what_is_written_is_read_and_fits_the_parts(written: RunFolder) -> None:
    found = load_summary(written)
    assert found.images == 4
    (part,) = written.parts(extent_of(found))
    assert sum(layer.spikes_per_image for layer in found.layers) * 4 == pytest.approx(part.spikes.sum())
    assert found.spikes_per_image["1"] * 4 == part.spikes[:, 0].sum()
    assert list(found.spikes_per_image) == ["1", "2", "4", "5"]


def test_before_the_first_image_the_layers_are_not_known(network, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    begun = summary(network, Tally(network, STEPS)).model_dump(mode="json")
    folder.begin(record(begun))
    folder.write_summary(begun)
    found = load_summary(folder)
    assert found.images == 0
    assert extent_of(found).layers is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seconds": None}, "seconds: Input should be a valid number"),
        ({"classes": 0}, "classes: Input should be greater than 0"),
        ({"layers": 3}, "layers: Input should be a valid tuple"),
        ({"network": {"name": 1}}, r"network.name: Input should be a valid string"),
    ],
)
def test_damage_is_said_in_one_line(change: dict[str, Any], message: str, written: RunFolder) -> None:
    written.write_summary(written.read_summary() | change)
    with pytest.raises(
        RunError,
        match=rf"summary\.json is damaged: {message}[^\n]*; repeat the same simulate command, which writes it anew$",
    ):
        load_summary(written)


def test_a_newer_summary(written: RunFolder) -> None:
    written.write_summary(written.read_summary() | {"version": 2})
    with pytest.raises(
        RunError, match=r"has snnconv\.run-summary version 2, this snnconv reads up to 1: upgrade snnconv"
    ):
        load_summary(written)


def test_infinity_is_no_number_of_a_summary(written: RunFolder) -> None:
    (written.path / "summary.json").write_text(json.dumps(written.read_summary() | {"seconds": float("inf")}))
    with pytest.raises(RunError, match="is damaged: JSON with Infinity"):
        load_summary(written)
