"""The tables of ``snnconv inspect``: one row for each option, hashes in short, values by layer counted."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from snnconv.commands.inspect import Inspection, inspect
from snnconv.ir import file
from snnconv.ir.manifest import Provenance
from snnconv.ir.network import SpikingNetwork
from tests.reporting.conftest import SUMMARY, write_run
from tests.spiking import _random_network


def rows(found: Inspection, title: str) -> dict[str, str]:
    (table,) = [table for table in found.tables if table.title == title]
    return dict(table.rows)


@pytest.fixture(scope="module")
def network() -> SpikingNetwork:
    return _random_network(0)


@pytest.fixture
def inspected(network, tmp_path):
    """Give a function that inspects the network with another provenance."""

    def run(options: Mapping[str, Any], **fields: Any) -> Inspection:
        provenance = Provenance(tool="snnconv 9", method="paper", options=dict(options), **fields)
        file.save(replace(network, provenance=provenance), tmp_path / "net.snn")
        return inspect(tmp_path / "net.snn")

    return run


def test_each_option_has_a_row_and_values_by_layer_are_counted(inspected) -> None:
    options = {"percentile": 99.9, "nonzero": False, "compensate_biases": True, "factors": {"a": 1.1, "b": 1.2}}
    assert rows(inspected(options), "options") == {
        "percentile": "99.9",
        "nonzero": "no",
        "compensate biases": "yes",
        "factors": "2 layers",
    }


def test_what_stands_above_the_options_is_not_said_again(inspected, network) -> None:
    said = {"preset": "paper", "steps": network.steps, "encoding": "constant"}
    assert [table.title for table in inspected(said).tables] == ["net.snn", "nodes", "thresholds by layer"]
    other = {"preset": "paper", "steps": network.steps + 1, "encoding": "poisson"}
    assert rows(inspected(other), "options") == {"steps": str(network.steps + 1), "encoding": "poisson"}


def test_where_a_network_is_from(inspected) -> None:
    about = rows(inspected({}, source_name="net.onnx", source_sha256="0123456789ab" + 52 * "c"), "net.snn")
    assert about["from"] == "net.onnx, SHA-256 0123456789ab…"
    assert (about["made by"], about["method"]) == ("snnconv 9", "paper")
    assert rows(inspected({}), "net.snn")["from"] == "unknown, SHA-256 unknown"


def test_a_run(tmp_path: Path) -> None:
    assert rows(inspect(write_run(tmp_path / "run")), "run") == {
        "complete": "yes",
        "images": "8",
        "planned images": "8",
        "images in parts": "8",
        "steps": "4",
        "backend": "numpy",
        "seconds": "2.00",
        "accuracy by step": "1: 0.00 %, 2: 75.00 %, 4: 62.50 %",
        "command": "snnconv simulate net.snn",
    }


def test_a_run_without_labels(tmp_path: Path) -> None:
    content = SUMMARY | {"accuracy": None, "reference_accuracy": None, "top5": None, "complete": False}
    content |= {"images": 0, "layers": [], "agreement": None, "spikes_per_image": {}, "synops_per_image": {}}
    found = rows(inspect(write_run(tmp_path / "run", content, ends=())), "run")
    assert (found["complete"], found["images"], found["accuracy by step"]) == ("no", "0", "no labels")
