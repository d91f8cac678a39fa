"""``snnconv inspect`` in a pipe: nothing wider than 80 columns, and nothing of it cut off."""

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def by_channel(snnconv, samples, made, tmp_path_factory) -> Path:
    """A network with a λ for each channel, so that tables have spans, in a file of a long name."""
    out = tmp_path_factory.mktemp("channels") / "a name that is as long as that of a file may be, within reason.snn"
    options = ["--granularity", "channel", "--compensation", "1.05", "--no-verify", "-o", out]
    done = snnconv("convert", samples / "digits_resnet.onnx", "--calibration", made / "digits.calib", *options)
    assert done.code == 0, done.err
    return out


def lines(found) -> list[str]:
    assert found.code == 0, found.err
    return [line.rstrip() for line in found.out.splitlines()]


def test_a_network_fits_80_columns(snnconv, by_channel) -> None:
    shown = lines(snnconv("inspect", by_channel))
    assert max(map(len, shown)) <= 80
    text = [line.split() for line in shown]
    assert ["compensation", "1.05"] in text
    assert ["granularity", "channel"] in text
    nodes = snnconv("inspect", by_channel, "--json").json["nodes"]
    found = [words for words in text if len(words) > 3 and words[0].isdecimal()]
    assert [words[:2] for words in found] == [[str(n), node["kind"]] for n, node in enumerate(nodes, 1)]
    assert len({words[2] for words in found}) == len(nodes)


def test_what_a_node_reads_is_named_by_its_number(snnconv, by_channel) -> None:
    content = snnconv("inspect", by_channel, "--json").json
    number = {node["name"]: str(n) for n, node in enumerate(content["nodes"], 1)}
    (junction,) = [node["name"] for node in content["nodes"] if node["name"].endswith("stage1_block1/relu2/Relu")]
    read = [number[edge["source"]] for edge in content["edges"] if edge["target"] == junction]
    assert len(read) == 2
    (row,) = [line for line in lines(snnconv("inspect", by_channel)) if line.startswith(f" {number[junction]} ")]
    assert row.endswith(f" {', '.join(read)}")


def test_a_calibration_fits_80_columns(snnconv, made) -> None:
    shown = lines(snnconv("inspect", made / "digits.calib"))
    assert max(map(len, shown)) <= 80
    assert sum("relu2/Relu_output_0 " in line for line in shown) == 6


def test_a_run_fits_80_columns(snnconv, made, samples, tmp_path, monkeypatch) -> None:
    words = ["simulate", made / "digits.snn", "--data", samples / "digits_test.npz", "--limit", 2, "--steps", 70]
    monkeypatch.setattr("sys.argv", ["snnconv", *map(str, words), "-o", str(tmp_path / "run")])
    assert snnconv(*words, "--observe", 0, "-o", tmp_path / "run").code == 0
    shown = lines(snnconv("inspect", tmp_path / "run"))
    assert max(map(len, shown)) <= 80
    text = " ".join(" ".join(shown).split())
    assert "command snnconv simulate" in text
    assert f"{tmp_path / 'run'}" in text.replace(" ", "")
    assert all(f"{step}: " in text for step in (1, 2, 4, 8, 16, 32, 64, 70))
