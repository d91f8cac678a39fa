"""Spikes per neuron and accumulations per MAC: by hand, and against exact synaptic operations."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import RunError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.reporting.counting.sengupta import ac_per_mac
from snnconv.reporting.report import report
from snnconv.runs.simulate import Piece, simulate
from snnconv.runs.summary import RunSummary, Tally, operations
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from tests.spiking import NetworkMaker

MakeRun = Callable[..., Path]

STEPS = 8
ROUNDING = 1e-12  # relative: a few float operations on whole numbers


def test_by_hand(make_run: MakeRun) -> None:
    """The 5 neurons of the stem feed 300 operations, in nodes of 240 MACs."""
    made = report(make_run())
    assert [layer.spikes_per_neuron for layer in made.layers] == [10 / 5, None, None]
    # 1, 4 and 10 spikes: 1/5 · 300 / 240 and so on
    assert [row.ac_per_mac for row in made.accuracy_by_step] == pytest.approx([0.25, 1.0, 2.5], rel=ROUNDING)
    assert made.ac_per_mac == made.accuracy_by_step[-1].ac_per_mac


def test_layers_of_unlike_sizes_by_hand(summary: dict[str, Any]) -> None:
    """10 neurons that feed 400 and 4 that feed 100: (25/10 · 400 + 2/4 · 100) / 420 = 1050 / 420."""
    row = {"mean_rate": 0.0, "synops_per_image": 0.0, "spikes_per_image": 0.0}
    layers = [
        row | {"name": "a", "neurons": 10, "fed_operations": 400},
        row | {"name": "b", "neurons": 4, "fed_operations": 100},
        row | {"name": "readout", "neurons": 0, "fed_operations": 0},
    ]
    content = summary | {"layers": layers, "operations": summary["operations"] | {"macs_on_spikes": 420}}
    found = ac_per_mac(RunSummary.model_validate(content), np.array([25.0, 2.0]))
    assert found == pytest.approx(2.5, rel=ROUNDING)


def test_runs_of_older_versions_have_no_ratio(make_run: MakeRun, summary: dict[str, Any]) -> None:
    layers = [{key: value for key, value in row.items() if key != "fed_operations"} for row in summary["layers"]]
    made = report(make_run(summary | {"layers": layers}))
    assert made.ac_per_mac is None
    assert made.layers[0].spikes_per_neuron == 2.0
    older = {key: value for key, value in summary["operations"].items() if key != "macs_on_spikes"}
    assert report(make_run(summary | {"operations": older})).ac_per_mac is None


def test_without_weights_on_spikes_there_is_no_ratio(make_run: MakeRun, summary: dict[str, Any]) -> None:
    content = summary | {"operations": summary["operations"] | {"macs_on_spikes": 0}}
    assert report(make_run(content)).ac_per_mac is None


def test_spikes_that_the_parts_do_not_give(make_run: MakeRun, summary: dict[str, Any]) -> None:
    content = summary | {"spikes_per_image": {"1": 1.0, "2": 5.0, "4": 10.0}}
    with pytest.raises(RunError, match="spikes_per_image at step 2 is 5, the parts give 4; repeat"):
        report(make_run(content))


def _network(kernel: int) -> SpikingNetwork:
    """Make a residual network with everything that passes spikes on whole; borders where the kernel is larger than 1.

    Thresholds differ from place to place, so that spikes do too.
    """
    rng = np.random.default_rng(kernel)
    m = NetworkMaker()
    border = kernel // 2
    conv = {"strides": (1, 1), "pads": (border,) * 4, "dilations": (1, 1)}

    def neurons(name: str, *sources: str) -> None:
        m.add(ir.Neuron, name, (4, 3, 3), *sources, threshold=rng.uniform(0.3, 3, (4, 3, 3)))

    m.add(ir.Input, "image", (2, 3, 3), amplitude=1.0)
    m.add(ir.Conv, "first", (4, 3, 3), "image", weight=rng.uniform(-0.5, 1, (4, 2, 1, 1)), **conv | {"pads": (0,) * 4})
    neurons("n1", "first")
    weights = rng.uniform(-0.2, 0.6, (2, 4, 4, kernel, kernel)) / kernel
    m.add(ir.Conv, "second", (4, 3, 3), "n1", weight=weights[0], **conv)
    neurons("n2", "second")
    m.add(ir.Conv, "third", (4, 3, 3), "n2", weight=weights[1], **conv)
    m.add(ir.Scale, "shortcut", (4, 3, 3), "n1", gain=np.asarray(0.5))
    neurons("n3", "third", "shortcut")
    m.add(ir.Concat, "joined", (8, 3, 3), "n2", "n3", axis=0)
    m.add(ir.Flatten, "flat", (72,), "joined")
    m.add(ir.Dense, "hidden", (6,), "flat", weight=rng.uniform(-0.1, 0.3, (6, 72)))
    m.add(ir.Neuron, "n4", (6,), "hidden", threshold=np.asarray(1.0))
    m.add(ir.Dense, "logits", (3,), "n4", weight=rng.uniform(-1, 1, (3, 6)))
    m.add(ir.Readout, "readout", (3,), "logits", mode=ir.ReadoutMode.CURRENT)
    return m.network()


def _counted(network: SpikingNetwork, summary: dict[str, Any]) -> tuple[float, float]:
    """Simulate five images; give the ratio times the MACs, and the exact synaptic operations."""
    images = np.random.default_rng(0).uniform(0, 2, (5, *network.input.shape)).astype(np.float32)
    tally = Tally(network, STEPS)
    for part in simulate(network, [Piece(0, images, None, None)], backend=NumpyBackend(), steps=STEPS, threads=1):
        tally.add(part)
    made = RunSummary.model_validate(summary | {"operations": operations(network).model_dump()} | tally.numbers())
    ratio = ac_per_mac(made, np.array([layer.spikes_per_image for layer in made.layers if layer.neurons]))
    assert ratio is not None
    assert made.operations.macs_on_spikes is not None
    return ratio * made.operations.macs_on_spikes, made.synops_per_image[str(STEPS)]


def test_without_borders_it_is_the_exact_count(summary: dict[str, Any]) -> None:
    found, exact = _counted(_network(kernel=1), summary)
    assert exact > 0
    assert found == pytest.approx(exact, rel=ROUNDING)


def test_with_borders_it_is_not(summary: dict[str, Any]) -> None:
    """Every spike weighs the layer's mean fan-out, at the border too."""
    found, exact = _counted(_network(kernel=3), summary)
    assert abs(found / exact - 1) > 1e-3
