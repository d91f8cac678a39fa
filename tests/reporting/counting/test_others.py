"""Other ways of counting: known dense counts, small networks by hand, the table of the MS-ResNet paper."""

from typing import Any

import numpy as np
import pytest

from snnconv.account.counts import dense_ops
from snnconv.account.weighted_nodes import connections
from snnconv.ir import nodes as ir
from snnconv.reporting.counting.dense_rate import dense_rate
from snnconv.reporting.counting.ms_resnet import in_residual_path, ms_resnet
from snnconv.reporting.counting.snn_toolbox import snn_toolbox
from snnconv.runs.summary import RunSummary, operations
from tests.reporting.counting.resnets import resnet20, resnet34
from tests.reporting.counting.runs import summary_of
from tests.runtime.poisson_networks import made
from tests.runtime.wirings import Net

STEM34 = 112 * 112 * 64 * 3 * 7 * 7
DOWN34 = 3 * 28 * 28 * 128 * 64
PATH34 = 3_525_967_872
PATH20 = 40_108_032


@pytest.mark.parametrize(
    ("network", "path", "stem", "shortcuts", "classifier"),
    [(resnet34, PATH34, STEM34, DOWN34, 512_000), (resnet20, PATH20, 32 * 32 * 16 * 27, 0, 640)],
)
def test_known_dense_counts(network, path, stem, shortcuts, classifier) -> None:
    """Taps on padding counted; the paths' figures are those that papers round to 3.53 G and 40.11 M."""
    found = connections(network())
    assert sum(c.macs_padded for c in found if in_residual_path(c)) == path
    assert sum(c.macs_padded for c in found if c.kind == "Conv" and c.shortcut) == shortcuts
    assert next(c for c in found if c.name == "stem").macs_padded == stem
    assert operations(network()).ann_macs_padded == path + stem + shortcuts + classifier


def test_taps_on_padding_are_a_tenth_of_a_resnet_20() -> None:
    """A padded 3×3 kernel on n places reads 3n − 2 along an axis, with stride 2 from there on 3n/2 − 1."""
    dense = dense_ops(resnet20())
    inside = sum(ops.macs for ops in dense.values())
    same = sum(6 * channels**2 * (3 * size - 2) ** 2 for channels, size in ((16, 32), (32, 16), (64, 8)))
    # in stages two and three the first of six halves the size, and reads half the channels
    halved = sum(c * c // 2 * (3 * n // 2 - 1) ** 2 - c * c * (3 * n // 2 - 2) ** 2 for c, n in ((32, 32), (64, 16)))
    assert inside == same + halved + 48 * 94**2 + 640
    assert sum(ops.padded_macs for ops in dense.values()) / inside == pytest.approx(1.1, abs=0.01)


def test_table_v_of_the_paper() -> None:
    """T · r · FLOPs with the printed rates, within the rounding of r (three digits) and of the product."""
    for flops, steps, rate, printed in ((PATH34, 6, 0.225, 4.77e9), (11.79e9, 5, 0.192, 11.32e9)):
        low, high = (steps * (rate + half) * flops for half in (-0.0005, 0.0005))
        assert low - 0.005e9 <= printed <= high + 0.005e9
    assert round(PATH34 / 1e9, 2) == 3.53
    assert round(PATH20 / 1e6, 2) == 40.11


def residual_parts() -> Net:
    """Two neurons a place in the stem, three behind it; the shortcut is a 1×1 convolution."""
    m = Net()
    m.add(ir.Input, "image", (1, 4, 4), amplitude=1.0)
    m.put(ir.Neuron, "n0", m.conv("stem", "image", 2, (1, 1), pads=(0, 0, 0, 0)), threshold=np.asarray(1.0))
    m.put(ir.Neuron, "n1", m.conv("c1", "n0", 3), threshold=np.asarray(0.5))
    m.conv("c2", "n1", 3)
    m.conv("down", "n0", 3, (1, 1), pads=(0, 0, 0, 0))
    m.put(ir.Neuron, "n2", "c2", "down", threshold=np.asarray(0.5))
    return m


def residual() -> Any:
    return residual_parts().finish("n2")


def test_by_hand() -> None:
    summary = summary_of(residual(), np.ones((2, 1, 4, 4), dtype=np.float32), 8)
    n0, n1, n2 = (layer.spikes_per_image for layer in summary.layers[:3])
    assert min(n0, n1, n2) > 0
    found = ms_resnet(summary)
    assert found is not None
    first, second = 16 * 3 * 2 * 9, 16 * 3 * 3 * 9
    assert found.flops == first + second
    assert found.syops == pytest.approx(first * n0 / 32 + second * n1 / 48, rel=1e-12)
    assert found.syops_of_mean_rate == pytest.approx((first + second) * (n0 + n1 + n2) / 128, rel=1e-12)
    assert (found.encoding_flops, found.shortcut_flops) == (32, 16 * 3 * 2)


def test_membrane_shortcuts_are_left_out() -> None:
    """The trunk is a current; what makes it smaller reads no spikes."""
    m = Net()
    m.add(ir.Input, "image", (1, 4, 4), amplitude=1.0)
    m.conv("stem", "image", 2)
    m.neurons("n0", m.scale("s0", "stem"))
    m.put(ir.Sum, "trunk", "stem", m.conv("c1", "n0", 2))
    m.neurons("n1", m.scale("s1", "trunk"))
    m.put(ir.Sum, "end", m.conv("down", "trunk", 4, (1, 1), pads=(0, 0, 0, 0)), m.conv("c2", "n1", 4))
    summary = summary_of(m.finish(m.neurons("n2", "end")), np.ones((1, 1, 4, 4), dtype=np.float32), 8)
    found = ms_resnet(summary)
    assert found is not None
    assert found.flops == 16 * 2 * 2 * 9 + 16 * 4 * 2 * 9
    assert (found.encoding_flops, found.shortcut_flops) == (16 * 2 * 9, 16 * 4 * 2)


def test_dense_times_mean_by_hand() -> None:
    """With biases, shortcut and classifier; the stem reads the image at each of 8 steps."""
    summary = summary_of(residual(), np.ones((2, 1, 4, 4), dtype=np.float32), 8)
    n0, n1, n2 = (layer.spikes_per_image for layer in summary.layers[:3])
    found = dense_rate(summary)
    assert found is not None
    on_n0 = 16 * 3 * 2 * 9 + 48 + 16 * 3 * 2 + 48
    on_n1, on_n2 = 16 * 3 * 3 * 9 + 48, 3 * 48 + 3
    assert found.acs == pytest.approx(on_n0 * n0 / 32 + on_n1 * n1 / 48 + on_n2 * n2 / 48, rel=1e-12)
    assert found.macs == 8 * (32 + 32)


def test_spikes_times_full_fan_out_by_hand() -> None:
    """The shortcut and the classifier have no borders; a strided node is counted exactly."""
    m = residual_parts()
    m.put(ir.Neuron, "n3", m.conv("c3", "n2", 2, strides=(2, 2)), threshold=np.asarray(0.5))
    summary = summary_of(m.finish("n3"), np.ones((2, 1, 4, 4), dtype=np.float32), 8)
    n0, n1, _, n3 = (layer.spikes_per_image for layer in summary.layers[:4])
    assert summary.connections is not None
    strided = next(c.synops_per_image for c in summary.connections if c.name == "c3")
    assert strided > 0
    found = snn_toolbox(summary)
    assert found == pytest.approx(27 * n0 + 3 * n0 + 27 * n1 + strided + 3 * n3, rel=1e-12)
    assert found > summary.synops_per_image["8"]


def test_graded_spikes_are_counted_exactly() -> None:
    m = Net()
    m.start(channels=2, height=4, width=4)
    m.pool("pool", "n0", (2, 2), (2, 2))
    summary = summary_of(m.finish("pool"), np.ones((1, 2, 4, 4), dtype=np.float32), 3)
    assert snn_toolbox(summary) == summary.synops_per_image["3"] > 0


def test_graded_spikes_make_a_dense_node() -> None:
    m = Net()
    m.start(channels=2, height=4, width=4)
    m.pool("pool", "n0", (2, 2), (2, 2))
    summary = summary_of(m.finish("pool"), np.ones((1, 2, 4, 4), dtype=np.float32), 3)
    found = dense_rate(summary)
    assert found is not None
    assert found.acs == 0
    assert found.macs == 3 * (16 * 2 * 2 * 9 + 32 + 3 * 8 + 3)


def test_what_is_not_known(summary: dict[str, Any]) -> None:
    older = RunSummary.model_validate(summary)
    assert ms_resnet(older) is None
    assert dense_rate(older) is None
    assert snn_toolbox(older) is None
    poisson = summary_of(made("a_convolution"), np.ones((1, 3, 6, 5), dtype=np.float32), 3)
    assert dense_rate(poisson) is None
