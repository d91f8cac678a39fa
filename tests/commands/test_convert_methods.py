"""Conversion by each method as a function: which images it looks at, and what is written."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import snnconv
from snnconv.choices import Form
from snnconv.commands import convert as module
from snnconv.conversion.records import BalanceRecord, LayerwiseRecord, SearchRecord
from snnconv.errors import DataError, InputError, NotRunnableError, ParityError, UsageError
from snnconv.files import sealed
from snnconv.ir import file
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork

GOLDEN = Path(__file__).parents[1] / "golden" / "v1.snn"
METHODS: dict[str, dict[str, Any]] = {
    "search": {"steps": 20},
    "layerwise": {"steps": 20, "compensation": "layerwise"},
    "spike-norm": {"steps": 8, "preset": "spike-norm", "form": "thresholds"},
}
RECORDS = {"search": SearchRecord, "layerwise": LayerwiseRecord, "spike-norm": BalanceRecord}


@pytest.fixture(scope="module")
def folder(tiny_resnet, tiny_images, tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("methods")
    np.save(made / "x.npy", tiny_images)
    snnconv.calibrate(tiny_resnet, made / "x.npy", made / "x.calib")
    return made


def convert(folder: Path, model: Path, out: Path, options: dict[str, Any], **given: Any) -> Any:
    chosen = snnconv.ConversionOptions.model_validate(options)
    return snnconv.convert(
        model, folder / "x.calib", out, chosen, **({"data": folder / "x.npy", "samples": 4, "threads": 1} | given)
    )


@pytest.mark.parametrize("method", METHODS)
def test_what_was_found_is_written(method, folder, tiny_resnet, tmp_path) -> None:
    network, summary = convert(folder, tiny_resnet, tmp_path / "n.snn", METHODS[method])
    record = summary.found
    assert isinstance(record, RECORDS[method])
    assert (record.images, record.steps) == (4, METHODS[method]["steps"])
    written = file.load(tmp_path / "n.snn").provenance
    assert written == network.provenance
    options = written.options
    if isinstance(record, SearchRecord):
        assert options["factor"] == record.factor
    elif isinstance(record, LayerwiseRecord):
        assert options["factors"] == {layer.layer: layer.factor for layer in record.layers if layer.factor != 1.0}
    else:
        assert options["thresholds"] == {layer.layer: layer.threshold for layer in record.layers}
        written_network = file.load(tmp_path / "n.snn")
        first = record.layers[0].layer
        for name, threshold in options["thresholds"].items():
            tensor = written_network.tensors[written_network.by_name[name].threshold]
            # in the file it is the spikes of the image that carry λ_x, and the weights are those of the model
            carried = written_network.input.amplitude if name == first else 1.0
            assert float(tensor) == pytest.approx(1.0 if threshold is None else carried * threshold, rel=1e-6)
    # parity is checked of the model's own scales, on as few images as there are
    assert summary.parity is not None
    assert (summary.parity.images, summary.parity.drawn) == (4, False)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_inputs_give_the_same_bytes(method, folder, tiny_resnet, tmp_path) -> None:
    made = []
    for number, threads in enumerate((1, 2)):
        out = tmp_path / f"{number}.snn"
        convert(folder, tiny_resnet, out, METHODS[method], threads=threads, verify=False)
        made.append(out.read_bytes())
    assert made[0] == made[1]


@pytest.mark.parametrize("method", METHODS)
def test_an_interrupted_conversion_goes_on(method, folder, tiny_resnet, tmp_path) -> None:
    whole, parts = tmp_path / "whole.snn", tmp_path / "parts.snn"
    journal = tmp_path / "parts.snn.unfinished"
    told: list[str] = []

    def listen(what: str, done: int, total: int) -> None:
        # the search by layer runs no network while it looks at one, so its layers count
        name = f"{what}, {done}" if "layer by layer" in what else what
        if name not in told:
            told.append(name)

    def interrupt(what: str, done: int, total: int) -> None:
        listen(what, done, total)
        if len(told) == 3:
            raise KeyboardInterrupt

    _, uninterrupted = convert(folder, tiny_resnet, whole, METHODS[method], progress=listen)
    stages = len(told)
    assert stages > 3
    told.clear()
    with pytest.raises(KeyboardInterrupt):
        convert(folder, tiny_resnet, parts, METHODS[method], progress=interrupt)
    assert journal.exists()
    assert not parts.exists()
    kept = len(json.loads(journal.read_text())["found"])
    assert kept == 2
    told.clear()
    _, summary = convert(folder, tiny_resnet, parts, METHODS[method], progress=listen, threads=2)
    # what was kept is not made again; the search by layer tells of each layer that it has
    assert len(told) == stages - (1 if method == "layerwise" else kept)
    assert summary.model_copy(update={"file": whole.name}) == uninterrupted
    assert parts.read_bytes() == whole.read_bytes()
    assert not journal.exists()


def search_until(stage: str, folder: Path, model: Path, out: Path) -> None:
    """Interrupt a search when it tells of a stage."""

    def interrupt(what: str, done: int, total: int) -> None:
        if stage in what:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(folder, model, out, METHODS["search"], progress=interrupt)


@pytest.mark.parametrize("changed", [{"samples": 3}, {"seed": 1}, {"options": {"steps": 21}}])
def test_another_conversion_does_not_go_on_with_it(changed, folder, tiny_resnet, tmp_path, caplog) -> None:
    out = tmp_path / "n.snn"
    search_until("factor 3", folder, tiny_resnet, out)
    changed = {"options": METHODS["search"]} | changed
    with caplog.at_level(logging.WARNING, "snnconv"):
        _, found = convert(folder, tiny_resnet, out, **changed)
    assert "is of another conversion, which is given up" in caplog.text
    _, whole = convert(folder, tiny_resnet, tmp_path / "whole.snn", **changed)
    assert found.found == whole.found


def test_a_damaged_journal_is_refused(folder, tiny_resnet, tmp_path) -> None:
    out = tmp_path / "n.snn"
    search_until("factor 2", folder, tiny_resnet, out)
    journal = tmp_path / "n.snn.unfinished"
    content = json.loads(journal.read_text())
    content["found"]["errors before"]["layers"] = "none"
    # its digest is right
    sealed.write(journal, {key: value for key, value in content.items() if key != "digest"})
    with pytest.raises(InputError, match=r"unfinished is damaged at 'errors before'; delete it"):
        convert(folder, tiny_resnet, out, METHODS["search"])
    assert journal.exists()


@pytest.mark.parametrize(("encoding", "same"), [("poisson", False), ("constant", True)])
def test_the_seed_is_that_of_poisson_trains(encoding, same, folder, tiny_resnet, tmp_path) -> None:
    options = METHODS["spike-norm"] | {"encoding": encoding, "form": Form.WEIGHTS}
    found = [
        convert(folder, tiny_resnet, tmp_path / "n.snn", options, seed=seed, verify=False)[1].found
        for seed in (0, 0, 1)
    ]
    assert found[0] == found[1]
    assert (found[0] == found[2]) is same


def test_without_samples_the_methods_own_number_is_taken(folder, tiny_resnet, tmp_path, caplog) -> None:
    with caplog.at_level(logging.WARNING, "snnconv"):
        _, summary = convert(folder, tiny_resnet, tmp_path / "n.snn", {"steps": 2}, samples=None)
    assert summary.found.images == 40
    said = "x.npy has 40 images, and the method looks at these; by default it looks at 64"
    assert caplog.messages == [said]
    _, summary = convert(
        folder, tiny_resnet, tmp_path / "n.snn", {"compensation": "layerwise", "steps": 2}, samples=None
    )
    assert summary.found.images == 32
    # the check of parity goes on to take its own, fewer
    assert summary.parity.images == 8


@pytest.mark.parametrize("count", [1, 3, 7])
def test_a_few_images_are_enough(count, folder, tiny_resnet, tiny_images, tmp_path) -> None:
    """As many as the file has: the check of parity must not ask for more."""
    np.save(tmp_path / "few.npy", tiny_images[:count])
    _, summary = convert(
        folder, tiny_resnet, tmp_path / "n.snn", {"steps": 4}, data=tmp_path / "few.npy", samples=count
    )
    assert (summary.found.images, summary.parity.images) == (count, count)


def test_a_factor_and_the_baseline_need_no_images(folder, tiny_resnet, tmp_path) -> None:
    for options in ({"compensation": 1.1}, {"preset": "spike-norm", "balance": "activations"}):
        _, summary = convert(folder, tiny_resnet, tmp_path / "n.snn", options, data=None, samples=None)
        assert summary.parity.drawn
    assert summary.found.images == 0


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "--compensation search tries factors on training images; give some with --data"),
        ({"compensation": "layerwise"}, "--compensation layerwise tries factors on training images"),
        ({"preset": "spike-norm"}, "--preset spike-norm runs the network on training images; give them with --data"),
    ],
)
def test_images_are_asked_for(options, text, folder, tiny_resnet, tmp_path) -> None:
    with pytest.raises(DataError, match=text):
        convert(folder, tiny_resnet, tmp_path / "n.snn", options, data=None, samples=None)


def test_a_file_that_is_there_stays_after_an_error(folder, tiny_resnet, tmp_path, monkeypatch) -> None:
    out = tmp_path / "n.snn"
    # a network that was written before: a file of another kind would not be replaced in any case
    shutil.copy(GOLDEN, out)
    before = out.read_bytes()
    np.save(tmp_path / "nan.npy", np.full((4, 2, 8, 8), np.nan, np.float32))
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {"samples": 41}),
        ({}, {"data": None}),
        ({}, {"data": tmp_path / "nan.npy"}),
        ({"preset": "spike-norm", "compensation": "search"}, {}),
    ]
    for options, given in cases:
        with pytest.raises((InputError, UsageError)):
            convert(folder, tiny_resnet, out, {"steps": 4} | options, **given)
        assert out.read_bytes() == before

    def fails(*args: Any) -> None:
        raise DataError("made up")

    # parity fails only after the search
    monkeypatch.setattr(module, "verified", fails)
    with pytest.raises(DataError, match="made up"):
        convert(folder, tiny_resnet, out, {"steps": 4})
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["n.snn", "nan.npy"]


@pytest.mark.parametrize("wrong", [False, True])
def test_parity_is_checked_of_the_scales_that_a_method_found(wrong, folder, tiny_resnet, tmp_path, monkeypatch) -> None:
    """The network of the calibration's scales is right; that of the balanced ones has weights a hundredth too large."""
    made = module.build

    def build(*args: Any, scales: Any = None) -> SpikingNetwork:
        network = made(*args, scales=scales)
        if scales is None or not wrong:
            return network
        weight = next(node.weight for node in network.nodes if isinstance(node, ir.Conv))
        return replace(network, tensors=network.tensors | {weight: network.tensors[weight] * np.float32(1.01)})

    monkeypatch.setattr(module, "build", build)
    out = tmp_path / "n.snn"
    if not wrong:
        convert(folder, tiny_resnet, out, METHODS["spike-norm"])
        return
    with pytest.raises(ParityError, match=r"the network deviates from .*\.onnx at"):
        convert(folder, tiny_resnet, out, METHODS["spike-norm"])
    assert not out.exists()


def test_progress_is_told(folder, tiny_resnet, tmp_path) -> None:
    told: list[tuple[str, int, int]] = []
    _, summary = convert(
        folder, tiny_resnet, tmp_path / "n.snn", METHODS["search"], progress=lambda *a: told.append(a), verify=False
    )
    ends = [what for what, done, total in told if done == total == 4]
    assert ends == [f"compensation, factor {n}" for n in range(1, len(summary.found.trials) + 1)]


def test_more_samples_than_fit_are_refused_before_they_are_read(
    tiny_resnet, tiny_images, tmp_path, monkeypatch
) -> None:
    np.save(tmp_path / "x.npy", tiny_images)
    calibration, out = tmp_path / "x.calib", tmp_path / "n.snn"
    snnconv.calibrate(tiny_resnet, tmp_path / "x.npy", calibration)
    np.save(tmp_path / "many.npy", np.zeros((50_000, *tiny_images.shape[1:]), np.float32))
    monkeypatch.setattr("snnconv.commands.convert.preprocessed", None)
    with pytest.raises(NotRunnableError, match=r"50000 images and their activations take .*; give fewer --samples"):
        snnconv.convert(
            tiny_resnet,
            calibration,
            out,
            data=tmp_path / "many.npy",
            samples=50_000,
            verify=False,
            memory_limit=100 << 20,
        )
    assert not out.exists()


@pytest.mark.parametrize(
    ("pixels", "batch", "chunk"), [(1, 16, 32), (1 << 14, 16, 32), (1 << 20, 1, 16), (1 << 25, 1, 1)]
)
def test_fewer_images_and_steps_at_a_time_where_a_layer_is_large(pixels: int, batch: int, chunk: int) -> None:
    network = SimpleNamespace(neurons=[SimpleNamespace(shape=(pixels,)), SimpleNamespace(shape=(1,))])
    assert module._together(network) == (batch, chunk)
