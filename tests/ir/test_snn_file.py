"""The ``.snn`` file: read back equal, byte-stable, and refused when anything in it was touched."""

from pathlib import Path

import numpy as np
import pytest

from snnconv.data import make_preprocessing
from snnconv.errors import FileMissingError, InputError, NetworkError
from snnconv.files import container
from snnconv.ir import file
from snnconv.ir import nodes as ir
from snnconv.ir.check import check
from snnconv.ir.manifest import Provenance
from snnconv.ir.network import SpikingNetwork


@pytest.fixture
def network() -> SpikingNetwork:
    """Every node kind and every parameter that the format carries."""
    conv = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1)}
    pool = {"kernel": (2, 2), "strides": (2, 2), "pads": (0, 0, 0, 0)}
    nodes = (
        ir.Input(name="image", shape=(1, 4, 4), amplitude=2.5, source="x"),
        ir.Conv(name="conv", shape=(2, 4, 4), weight="w", bias="b", grid="q", source="y", source_scale="λ", **conv),
        ir.MaxPoolCurrent(name="current", shape=(2, 2, 2), **pool),
        ir.Neuron(
            name="lif",
            shape=(2, 2, 2),
            rule=ir.LeakyIntegrateAndFire(leak="leak", reset=ir.Reset.ZERO),
            threshold="t",
            initial_potential="v0",
            spike_value="value",
            input_source="z",
        ),
        ir.MaxPoolGate(name="gate", shape=(2, 1, 1), **pool),
        ir.SumPool(name="sum", shape=(2, 1, 1), **pool),
        ir.Sum(name="both", shape=(2, 1, 1)),
        ir.Concat(name="concat", shape=(4, 1, 1), axis=0),
        ir.Select(
            name="select",
            shape=(3, 1, 1),
            starts=(1, 0, 0),
            stops=(4, 1, 1),
            steps=(2, 1, 1),
            pads_before=(1, 0, 0),
            pads_after=(0, 0, 0),
        ),
        ir.Scale(name="scale", shape=(3, 1, 1), gain="g", offset="o", number_type=ir.NumberType.INT8),
        ir.Flatten(name="flat", shape=(3,)),
        ir.Dense(name="dense", shape=(2,), weight="d", bias="e"),
        ir.Readout(name="readout", shape=(2,), mode=ir.ReadoutMode.CURRENT, ties=ir.Ties.INDEX, start=4),
    )
    pairs = [
        *[("image", "conv"), ("conv", "current"), ("current", "lif"), ("lif", "gate"), ("lif", "sum")],
        *[("gate", "both"), ("sum", "both"), ("both", "concat"), ("gate", "concat"), ("concat", "select")],
        *[("select", "scale"), ("scale", "flat"), ("flat", "dense"), ("dense", "readout")],
    ]
    tensors = {
        "w": np.full((2, 1, 1, 1), 0.25, dtype=np.float32),
        "b": np.zeros((8, 2, 1, 1), dtype=np.float32),
        "q": np.asarray([4, 5], dtype=np.int16),
        "λ": np.asarray([1.5, 2.0]),
        "t": np.asarray(1.0),
        "v0": np.full((2, 1, 1), 0.5),
        "leak": np.asarray(0.9),
        "value": np.asarray(0.5),
        "g": np.ones((3, 1, 1), dtype=np.float32),
        "o": np.zeros((3, 1, 1), dtype=np.float32),
        "d": np.arange(6, dtype=np.float32).reshape(3, 2).T,  # not C-contiguous
        "e": np.zeros(2, dtype=np.float32),
    }
    return check(
        SpikingNetwork(
            nodes=nodes,
            edges=tuple(ir.Edge(source=a, target=b, delay=int(a == "gate")) for a, b in pairs),
            tensors=tensors,
            steps=8,
            encoding=ir.Encoding.POISSON,
            preprocessing=make_preprocessing("uint8", (1, 4, 4), scale=16.0, mean="0.5", std="0.25"),
            classes=("a", "b"),
            provenance=Provenance(tool="test", method="hand-made", options={"k": 1}, citations=("c",)),
        )
    )


def test_everything_comes_back(network, tmp_path: Path) -> None:
    file.save(network, tmp_path / "n.snn")
    found = file.load(tmp_path / "n.snn")
    assert found.nodes == network.nodes
    assert found.edges == network.edges
    assert (found.steps, found.encoding, found.classes) == (8, ir.Encoding.POISSON, ("a", "b"))
    assert found.provenance == network.provenance
    assert set(found.tensors) == set(network.tensors)
    for name, array in network.tensors.items():
        np.testing.assert_array_equal(found.tensors[name], array)
        assert found.tensors[name].dtype == array.dtype
    assert found.preprocessing is not None
    assert found.preprocessing.same_as(network.preprocessing) == []


def test_write_read_write_gives_the_same_bytes(network, tmp_path: Path) -> None:
    file.save(network, tmp_path / "a.snn")
    file.save(file.load(tmp_path / "a.snn"), tmp_path / "b.snn")
    assert (tmp_path / "a.snn").read_bytes() == (tmp_path / "b.snn").read_bytes()


def test_no_path_and_no_time_is_written(network, tmp_path: Path) -> None:
    file.save(network, tmp_path / "n.snn")
    assert str(tmp_path).encode() not in (tmp_path / "n.snn").read_bytes()


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=r"none\.snn does not exist"):
        file.load(tmp_path / "none.snn")


def test_flipped_bytes_are_seen(network, tmp_path: Path) -> None:
    path = tmp_path / "n.snn"
    file.save(network, path)
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    for position in rng.integers(0, len(good), 150):
        bad = bytearray(good)
        bad[position] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(bytes(bad))
        with pytest.raises(InputError) as caught:
            file.load(path)
        assert "\n" not in str(caught.value)


def test_every_truncation_is_seen(network, tmp_path: Path) -> None:
    path = tmp_path / "n.snn"
    file.save(network, path)
    good = path.read_bytes()
    for length in range(0, len(good), 97):
        path.write_bytes(good[:length])
        with pytest.raises(InputError):
            file.load(path)


def rewrite(path: Path, change) -> None:
    """Change a manifest and write it with a right digest, as an attacker or a careless tool would."""
    content, tensors = container.read(path, "snnconv.snn", 99)
    change(content, tensors)
    container.write(path, content, tensors)


def test_a_newer_version_is_refused(network, tmp_path: Path) -> None:
    path = tmp_path / "n.snn"
    file.save(network, path)
    rewrite(path, lambda content, tensors: content.update(version=2))
    with pytest.raises(InputError, match=r"version 2, this snnconv reads up to 1: upgrade snnconv"):
        file.load(path)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda c, t: c.update(steps=0), "breaks the .snn schema: steps"),
        (lambda c, t: c.update(extra=1), "breaks the .snn schema: extra"),
        (lambda c, t: c["nodes"][3].update(kind="Alien"), "breaks the .snn schema: nodes.3"),
        (lambda c, t: c["edges"].append({"source": "dense", "target": "conv", "delay": 0}), "cycle"),
        (lambda c, t: c["edges"].append({"source": "ghost", "target": "conv", "delay": 0}), "names the node ghost"),
        (lambda c, t: c["preprocessing"].update(input_shape=[1, 5, 4]), "the preprocessing makes images of (1, 5, 4)"),
        (lambda c, t: c["nodes"].reverse(), "not in topological order"),
        (lambda c, t: t.update(stray=np.ones(1)), "the tensor stray belongs to no node"),
        (lambda c, t: t.pop("w"), "the tensor w is named by a node but missing"),
        (lambda c, t: t.pop("preprocessing.std"), "no tensor preprocessing.std"),
    ],
)
def test_a_consistent_lie_is_refused(change, text, network, tmp_path: Path) -> None:
    path = tmp_path / "n.snn"
    file.save(network, path)
    rewrite(path, change)
    with pytest.raises(NetworkError) as caught:
        file.load(path)
    assert text in str(caught.value)


def test_a_network_that_breaks_a_rule_is_not_written(network, tmp_path: Path) -> None:
    broken = SpikingNetwork(
        nodes=network.nodes[:-1],
        edges=network.edges[:-1],
        tensors=network.tensors,
        steps=8,
        provenance=network.provenance,
    )
    with pytest.raises(NetworkError, match="one Readout node, found 0"):
        file.save(broken, tmp_path / "n.snn")
    assert list(tmp_path.iterdir()) == []
