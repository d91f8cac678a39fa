"""ResNets as spiking networks that are only counted: all weights are one number, so they take no memory."""

from typing import Any

import numpy as np

from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from tests.runtime.wirings import Net

ZERO = np.float32(0)


class _Resnet(Net):
    def weights(self, name: str, source: str, out: int, kernel: int, stride: int = 1) -> str:
        """Add a convolution that keeps the size but for its stride."""
        weight = np.broadcast_to(ZERO, (out, self.shape(source)[0], kernel, kernel))
        border = (kernel // 2,) * 4
        options: dict[str, Any] = {"strides": (stride, stride), "pads": border, "dilations": (1, 1)}
        return self.put(ir.Conv, name, source, weight=weight, **options)

    def spikes(self, name: str, *sources: str) -> str:
        return self.put(ir.Neuron, name, *sources, threshold=np.asarray(1.0))

    def block(self, name: str, source: str, out: int, stride: int, projection: bool) -> str:
        """Add a basic block: two 3×3 convolutions and the shortcut around them."""
        first = self.spikes(f"{name}/n1", self.weights(f"{name}/c1", source, out, 3, stride))
        path = self.weights(f"{name}/c2", first, out, 3)
        inputs = self.shape(source)[0]
        if projection and (stride > 1 or inputs != out):
            return self.spikes(f"{name}/n2", path, self.weights(f"{name}/down", source, out, 1, stride))
        if stride > 1:  # option A: every second place, silent channels beside those that are there
            beside = (out - inputs) // 2
            source = self.select(f"{name}/cut", source, steps=(1, 2, 2), pads=((beside, beside), (0, 0), (0, 0)))
        return self.spikes(f"{name}/n2", path, self.put(ir.Scale, f"{name}/s", source, gain=np.asarray(ZERO)))

    def end(self, source: str, classes: int) -> SpikingNetwork:
        size = self.shape(source)[1:]
        pooled = self.put(ir.SumPool, "mean", source, kernel=size, strides=size, pads=(0, 0, 0, 0))
        flat = self.put(ir.Flatten, "flat", pooled)
        weight = np.broadcast_to(ZERO, (classes, self.shape(flat)[0]))
        logits = self.put(ir.Dense, "logits", flat, weight=weight, bias=np.zeros(classes, dtype=np.float32))
        self.put(ir.Readout, "readout", logits, mode=ir.ReadoutMode.CURRENT)
        return self.network(exact=False)


def resnet34() -> SpikingNetwork:
    """The network of He et al. (2016), Table 1, with projections, at 224×224 pixels.

    The maximum of the stem is one of its current.
    """
    m = _Resnet()
    m.add(ir.Input, "image", (3, 224, 224), amplitude=1.0)
    stem = m.weights("stem", "image", 64, 7, 2)
    m.put(ir.MaxPoolCurrent, "largest", stem, kernel=(3, 3), strides=(2, 2), pads=(1, 1, 1, 1))
    last = m.spikes("n0", "largest")
    for stage, (blocks, channels) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512))):
        for index in range(blocks):
            stride = 2 if stage and not index else 1
            last = m.block(f"{stage}.{index}", last, channels, stride, projection=True)
    return m.end(last, 1000)


def resnet20() -> SpikingNetwork:
    """The network of He et al. (2016), section 4.2, n = 3, with option A, at 32×32 pixels."""
    m = _Resnet()
    m.add(ir.Input, "image", (3, 32, 32), amplitude=1.0)
    last = m.spikes("n0", m.weights("stem", "image", 16, 3))
    for stage, channels in enumerate((16, 32, 64)):
        for index in range(3):
            stride = 2 if stage and not index else 1
            last = m.block(f"{stage}.{index}", last, channels, stride, projection=False)
    return m.end(last, 10)
