"""Files of each format version must keep loading, and the golden network must keep its spikes.

The network of ``v1.snn`` on the pixels (3, 2), divided by 4: the currents are (0.75, 0.5).

==== ============== ====== ============================ ======= ==============
step V of n1        spikes input of n2                  V of n2 spikes
==== ============== ====== ============================ ======= ==============
1    0.75, 0.5      0 0    0.125, 0.125                 .125 .125        0 0
2    1.5→0.5, 1→0   1 1    0.125+0.75 each = 0.875      1→0  1→0         1 1
3    1.25→.25, 0.5  1 0    0.875, 0.125                 .875 .125        0 0
4    1→0, 1→0       1 1    0.875, 0.875                 1.75→.75  1→0    1 1
==== ============== ====== ============================ ======= ==============
"""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from snnconv.calibration import file as calib_file
from snnconv.files import container
from snnconv.ir import file as snn_file
from snnconv.runtime.backends.numpy_backend import NumpyBackend

HERE = Path(__file__).parent

HASHES = {
    "v1-early.calib": "b086fe26221887461684b2c890c87d347e072eeaeb36da769c28b0e00d4f6dfb",
    "v1.calib": "8bc130590ab2934ab47afc7ea726c3570da82ddef36f526ab36020406e0d6503",
    "v1.snn": "c1ffec9d8d5c99adf081618d97b35fc27b0d5f0626d248b5673a1897cb8c458c",
}


@pytest.mark.parametrize("name", HASHES)
def test_the_golden_files_are_the_ones_that_were_committed(name) -> None:
    assert hashlib.sha256((HERE / name).read_bytes()).hexdigest() == HASHES[name]


def test_v1_network_has_the_spikes_of_the_table() -> None:
    network = snn_file.load(HERE / "v1.snn")
    assert network.preprocessing is not None
    image = network.preprocessing.apply(np.array([3, 2], dtype=np.uint8).reshape(1, 1, 2, 1))
    found = NumpyBackend(1, 3).simulate(network, image, 4)
    assert found.spikes[:, :, 0].tolist() == [[0, 2, 1, 2], [0, 2, 0, 2]]
    assert found.scores[:, 0].tolist() == [[0, 0], [1, 1], [1, 1], [2, 2]]
    # conv1 reads the image: dense. conv2, the shortcut and dense: spikes × 1, 1 and 2 synapses
    assert found.synops[:, :, 0].tolist() == [[0, 0, 0, 0], [0, 2, 1, 2], [0, 2, 1, 2], [0, 4, 0, 4]]


@pytest.mark.parametrize("version", [1])
def test_a_golden_network_is_written_as_it_was_read(version, tmp_path) -> None:
    snn_file.save(snn_file.load(HERE / f"v{version}.snn"), tmp_path / "again.snn")
    assert (tmp_path / "again.snn").read_bytes() == (HERE / f"v{version}.snn").read_bytes()


@pytest.mark.parametrize("name", ["v1-early.calib", "v1.calib"])
def test_v1_calibration_has_the_percentiles_of_its_numbers(name) -> None:
    """Of 0 ×11, 1, 1, 2, 4, 8: the 13th of 16 is 1 (81.25 %), the 14th 2, the last 8."""
    (value,) = calib_file.load(HERE / name).values
    assert value.percentile(100) == 8.0
    for percent, expected in ((68.0, 0.0), (81.0, 1.0), (87.0, 2.0), (93.0, 4.0)):
        # a histogram's percentile is right to 2^-7 of its value
        assert value.percentile(percent) == pytest.approx(expected, rel=2.0**-7)
    assert value.channel_percentiles(100).tolist() == [4.0, 8.0]
    assert value.percentile(50, nonzero=True) == pytest.approx(2.0, rel=2.0**-7)


@pytest.mark.parametrize(("name", "absent"), [("v1-early.calib", {"labelled", "correct"}), ("v1.calib", set())])
def test_fields_that_a_file_does_not_have_are_none_and_zero(name, absent) -> None:
    manifest, _ = container.read(HERE / name, calib_file.FORMAT, calib_file.VERSION)
    assert {"labelled", "correct", "classes"} - set(manifest) == absent | {"classes"}
    loaded = calib_file.load(HERE / name)
    assert (loaded.labelled, loaded.correct, loaded.classes) == (0, 0, None)


@pytest.mark.parametrize("name", ["v1-early.calib", "v1.calib"])
def test_a_golden_calibration_is_written_as_it_was_read(name, tmp_path) -> None:
    loaded = calib_file.load(HERE / name)
    assert loaded.sources[0].name == "tiny.npz"
    calib_file.save(loaded, tmp_path / "again.calib")
    assert calib_file.load(tmp_path / "again.calib").values[0].counts.tolist() == [2, 1, 1, 1]
