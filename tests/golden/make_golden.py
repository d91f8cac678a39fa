"""Writes the golden files: python tests/golden/make_golden.py. Only for a new format version; old ones stay."""

from pathlib import Path

import numpy as np

from snnconv.calibration import file as calib_file
from snnconv.calibration.calibration import Calibration, DataSource, choice_hash
from snnconv.calibration.statistics import ValueKind, ValueStatistics
from snnconv.data import make_preprocessing
from snnconv.files import container
from snnconv.ir import file as snn_file
from snnconv.ir import nodes as ir
from snnconv.ir.manifest import Provenance
from snnconv.ir.network import SpikingNetwork
from snnconv.transforms.exact_sums import exact_sums

HERE = Path(__file__).parent


def network() -> SpikingNetwork:
    """Two pixels, two neurons, a shortcut: small enough to simulate on paper (docs in test_golden.py)."""
    pointwise = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1)}
    nodes = (
        ir.Input(name="image", shape=(1, 1, 2), amplitude=1.0),
        ir.Conv(name="conv1", shape=(1, 1, 2), weight="w1", **pointwise),
        ir.Neuron(name="n1", shape=(1, 1, 2), threshold="one", source_scale="one"),
        ir.Conv(name="conv2", shape=(1, 1, 2), weight="w2", bias="b2", **pointwise),
        ir.Scale(name="shortcut", shape=(1, 1, 2), gain="quarter"),
        ir.Neuron(name="n2", shape=(1, 1, 2), threshold="one"),
        ir.Flatten(name="flat", shape=(2,)),
        ir.Dense(name="dense", shape=(2,), weight="w3"),
        ir.Readout(name="readout", shape=(2,), mode=ir.ReadoutMode.CURRENT),
    )
    pairs = [("image", "conv1"), ("conv1", "n1"), ("n1", "conv2"), ("n1", "shortcut"), ("conv2", "n2")]
    pairs += [("shortcut", "n2"), ("n2", "flat"), ("flat", "dense"), ("dense", "readout")]
    tensors = {
        "w1": np.full((1, 1, 1, 1), 1.0),
        "one": np.asarray(1.0),
        "w2": np.full((1, 1, 1, 1), 0.5),
        "b2": np.full((1, 1, 1), 0.125),
        "quarter": np.asarray(0.25),
        "w3": np.array([[1.0, 0.0], [0.0, 1.0]]),
    }
    return exact_sums(
        SpikingNetwork(
            nodes=nodes,
            edges=tuple(ir.Edge(source=a, target=b) for a, b in pairs),
            tensors=tensors,
            steps=8,
            preprocessing=make_preprocessing("uint8", (1, 1, 2), scale=4.0),
            classes=("left", "right"),
            provenance=Provenance(tool="snnconv golden", method="hand-made"),
        )
    )


def calibration() -> Calibration:
    """Two channels: 1, 1, 2, 4 with four zeros, and 8 with seven zeros."""
    images = np.array([11, 22], dtype=np.uint64)
    value = ValueStatistics(
        name="relu",
        kind=ValueKind.RELU,
        count=8,
        offsets=np.array([0, 3, 4]),
        # the upper halves of 1.0, 2.0, 4.0 and 8.0 as float32
        codes=np.array([0x3F80, 0x4000, 0x4080, 0x4100], dtype=np.uint16),
        counts=np.array([2, 1, 1, 1]),
        largest=np.array([4.0, 8.0], dtype=np.float32),
        mean=np.array([1.0, 1.0]),
        variance=np.array([1.75, 7.0]),
    )
    return Calibration(
        model_name="tiny.onnx",
        model_sha256="0" * 64,
        preprocessing=make_preprocessing("uint8", (1, 1, 2), scale=4.0),
        sources=(DataSource("tiny.npz", 2, choice_hash(images)),),
        images=images,
        input_low=np.array([0.0], dtype=np.float32),
        input_high=np.array([1.0], dtype=np.float32),
        values=(value,),
    )


def write_calibration(path: Path, without: tuple[str, ...]) -> None:
    """Write the calibration as an older snnconv did, which did not know the fields `without`."""
    calib_file.save(calibration(), path)
    manifest, tensors = container.read(path, calib_file.FORMAT, calib_file.VERSION)
    container.write(path, {key: value for key, value in manifest.items() if key not in without}, tensors)


if __name__ == "__main__":
    snn_file.save(network(), HERE / "v1.snn")
    write_calibration(HERE / "v1.calib", ("classes",))
    write_calibration(HERE / "v1-early.calib", ("classes", "correct", "labelled"))
