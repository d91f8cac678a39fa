"""What ``report`` prints of a run: counts as Sengupta et al. give them."""

from typing import Any

import pytest

from tests.reporting.conftest import SUMMARY, write_run


def test_spikes_per_neuron_and_accumulations_per_mac(snnconv, tmp_path) -> None:
    out = snnconv("report", write_run(tmp_path / "run")).out
    head, stem = (next(line for line in out.splitlines() if line.startswith(word)) for word in (" layer ", " stem "))
    assert dict(zip(head.split(), stem.split(), strict=False))["/neuron"] == "2.00"
    text = " ".join(out.split())
    assert "AC per MAC as Sengupta et al. count, after 1, 2, 4 steps: 0.250, 1.000, 2.500." in text


def test_a_run_of_an_older_version_says_nothing_of_them(snnconv, tmp_path) -> None:
    operations = SUMMARY["operations"] | {"macs_on_spikes": None}
    done = snnconv("report", write_run(tmp_path / "run", SUMMARY | {"operations": operations}))
    assert done.code == 0
    assert "Sengupta" not in done.out


def test_json_has_them_by_layer_and_step(snnconv, tmp_path) -> None:
    found = snnconv("report", write_run(tmp_path / "run"), "--json").json
    assert [layer["spikes_per_neuron"] for layer in found["layers"]] == [2.0, None, None]
    assert [row["ac_per_mac"] for row in found["accuracy_by_step"]] == pytest.approx([0.25, 1.0, 2.5], rel=1e-12)
    assert found["ac_per_mac"] == found["accuracy_by_step"][-1]["ac_per_mac"]


def test_the_table_of_layers_of_a_large_network_fits_80_columns(snnconv, tmp_path) -> None:
    """A first layer as that of a ResNet for 224 × 224 pixels, at 100 spikes a neuron."""
    large: dict[str, Any] = {"neurons": 802_816, "spikes_per_image": 80_281_600.0, "mean_rate": 0.2}
    layers = [row | ({"name": "a_name_of_20_letters"} | large if row["neurons"] else {}) for row in SUMMARY["layers"]]
    out = snnconv("report", write_run(tmp_path / "run", SUMMARY | {"layers": layers})).out
    table = out[out.index("layers at the last step") :].splitlines()
    assert max(len(line) for line in table) <= 80
