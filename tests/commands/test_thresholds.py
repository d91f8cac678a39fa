"""The table of thresholds, on hand-made networks."""

import json

import numpy as np
import pytest

from snnconv.commands.inspect import inspect
from snnconv.commands.thresholds import thresholds
from snnconv.ir import file
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from tests.spiking import NetworkMaker


@pytest.fixture
def network() -> SpikingNetwork:
    m = NetworkMaker()
    m.add(ir.Input, "image", (2, 2, 2), amplitude=1.0)
    m.add(ir.Scale, "scale", (2, 2, 2), "image", gain=np.asarray(0.5))
    one = {"threshold": np.asarray(1.5), "source_scale": np.asarray(0.25)}
    m.add(ir.Neuron, "one", (2, 2, 2), "scale", reset=ir.Reset.ZERO, **one)
    m.add(ir.Scale, "between", (2, 2, 2), "one", gain=np.asarray(0.5))
    each = {"threshold": np.array([3.0, 2.0]).reshape(2, 1, 1), "source_scale": np.array([0.5, 4.0])}
    m.add(ir.Neuron, "each", (2, 2, 2), "between", initial_potential=np.array([[[1.0]], [[0.75]]]), **each)
    m.add(ir.Flatten, "flat", (8,), "each")
    m.add(ir.Dense, "logits", (3,), "flat", weight=np.ones((3, 8)))
    m.add(ir.Neuron, "last", (3,), "logits", threshold=np.asarray(1.0))
    m.add(ir.Readout, "readout", (3,), "last", mode=ir.ReadoutMode.SPIKES)
    return m.network()


def test_one_number_or_the_least_and_the_largest(network) -> None:
    assert [layer.cells() for layer in thresholds(network)] == [
        ("one", "8", "1.5", "0.25", "zero", "0"),
        ("each", "8", "2 to 3", "0.5 to 4", "subtract", "0.75 to 1"),
        ("last", "3", "1", "–", "subtract", "0"),
    ]


def test_inspect_gives_them_beside_what_it_gave(network, tmp_path) -> None:
    file.save(network, tmp_path / "net.snn")
    found = inspect(tmp_path / "net.snn")
    assert [table.title for table in found.tables] == ["net.snn", "nodes", "thresholds by layer"]
    assert list(found.tables[-1].rows) == [layer.cells() for layer in thresholds(network)]
    content = json.loads(json.dumps(found.content, allow_nan=False))
    assert content["format"] == "snnconv.snn"
    assert content["thresholds"][1] == {
        "name": "each",
        "neurons": 8,
        "threshold": {"least": 2.0, "largest": 3.0},
        "source_scale": {"least": 0.5, "largest": 4.0},
        "reset": "subtract",
        "initial_potential": {"least": 0.75, "largest": 1.0},
    }
    assert content["thresholds"][2]["source_scale"] is None
