"""Simulation as a function: the reference."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.choices import Compensation
from snnconv.commands import inputs
from snnconv.commands import simulate as module
from snnconv.errors import ModelError, NetworkError
from snnconv.graph.guarding import onnx_file
from snnconv.graph.reading import reader


@pytest.fixture
def converted(tiny_resnet, tiny_images, tmp_path) -> Path:
    """Give a folder with the tiny network and its images, n.snn and x.npy."""
    np.save(tmp_path / "x.npy", tiny_images)
    snnconv.calibrate(tiny_resnet, tmp_path / "x.npy", tmp_path / "x.calib")
    options = snnconv.ConversionOptions(compensation=Compensation.NONE)
    snnconv.convert(tiny_resnet, tmp_path / "x.calib", tmp_path / "n.snn", options, verify=False)
    return tmp_path


def run(folder: Path, reference: Path, **options: Any) -> Any:
    chosen = snnconv.SimulateOptions(steps=2, limit=4, reference=reference, **options)
    return snnconv.simulate(folder / "n.snn", folder / "x.npy", folder / "run", chosen)


def test_the_reference_is_read_once_with_the_limit(converted, tiny_resnet, monkeypatch) -> None:
    limits: list[int] = []

    def spy(path: Path, memory_limit: int) -> onnx_file.OnnxFile:
        limits.append(memory_limit)
        return load(path, memory_limit)

    load = onnx_file.load
    monkeypatch.setattr(reader.onnx_file, "load", spy)
    summary = run(converted, tiny_resnet, memory_limit=123 << 20)
    assert limits == [123 << 20]
    assert summary.images == 4


def test_a_reference_beyond_the_limit_is_refused(converted, tiny_resnet, monkeypatch) -> None:
    # the network fits, its model does not
    limit = tiny_resnet.stat().st_size - 1
    monkeypatch.setattr(module, "check_memory", lambda *_: None)
    with pytest.raises(ModelError, match="of memory are allowed; raise --memory-limit"):
        run(converted, tiny_resnet, memory_limit=limit)


@pytest.mark.parametrize("kind", ["weights", "output", "operator"])
def test_another_model_is_refused_as_such(kind: str, converted, new_residual_network, tmp_path) -> None:
    """Also where it lacks the network's output, or cannot be converted at all."""
    b = new_residual_network(seed=1)
    output = "logits"
    if kind == "output":
        output = b.node("Identity", ["flat"], "other")
        b.nodes = [node for node in b.nodes if "logits" not in node.output]
    elif kind == "operator":
        b.nodes = [node for node in b.nodes if "relu1" not in node.output]
        b.node("Sigmoid", ["bn1"], "relu1")
        b.nodes = [*b.nodes[:2], b.nodes[-1], *b.nodes[2:-1]]
    other = b.save(tmp_path / "other.onnx", output)
    with pytest.raises(NetworkError, match=r"other\.onnx \(.{12}…\) is not the model that the network was converted"):
        run(converted, other)
    assert not (converted / "run").exists()


def test_the_model_itself_keeps_its_own_error(converted, tiny_resnet, monkeypatch) -> None:
    def refuse(*_: Any) -> None:
        raise ModelError("the shapes contradict each other")

    monkeypatch.setattr(inputs, "opened", refuse)
    with pytest.raises(ModelError, match="the shapes contradict each other"):
        run(converted, tiny_resnet)


@pytest.mark.parametrize(("factor", "faint"), [(1, False), (0.2, False), (1 / 255, True), (0, True)])
def test_images_that_span_hardly_anything_are_said_once(
    factor: float, faint: bool, converted, tiny_resnet, tiny_images, caplog
) -> None:
    np.save(converted / "x.npy", np.tile(tiny_images * np.float32(factor), (2, 1, 1, 1)))
    options = snnconv.SimulateOptions(steps=2, observe=0)
    snnconv.simulate(converted / "n.snn", converted / "x.npy", converted / "run", options)
    found = [text for text in caplog.messages if "span only" in text]
    assert len(found) == faint
    for text in found:
        assert text.startswith("x.npy: the first 16 preprocessed images span only ")
        assert text.endswith(": give data of the same scale")
