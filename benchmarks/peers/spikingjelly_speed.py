"""Time SpikingJelly on an ONNX ResNet: its own converter (rate coding), its own IF neurons, PyTorch on the CPU.

SpikingJelly runs one time step a call (mode ``s``) or several (mode ``m``). Both are among the settings, with several
batch sizes and both memory formats; `speed.py` takes the fastest.
"""

import contextlib
import io
from importlib.metadata import version

import torch
from spikingjelly.activation_based import ann2snn, functional
from timing import PERCENTILE, Setting, measure

SETTINGS = [
    *(Setting(batch, 1, last) for batch in (16, 32, 64, 128, 256) for last in (False, True)),
    *(
        Setting(batch, chunk, last)
        for batch, chunk in ((8, 8), (8, 16), (16, 8), (32, 4), (32, 8))
        for last in (False, True)
    ),
]


class Network:
    """A network that SpikingJelly converted."""

    def __init__(self, module: torch.nn.Module, calibration: torch.Tensor) -> None:
        recipe = ann2snn.RateCodingRecipe(dataloader=[calibration], mode=f"{PERCENTILE}%")
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
            self._network = ann2snn.Converter(recipe=recipe).convert(module).eval()
        self._setting = SETTINGS[0]

    def use(self, setting: Setting) -> None:
        """Prepare for runs with a setting."""
        self._setting = setting
        functional.reset_net(self._network)
        functional.set_step_mode(self._network, "s" if setting.chunk == 1 else "m")
        self._network.to(memory_format=setting.memory_format)

    def run(self, images: torch.Tensor, steps: int) -> torch.Tensor:
        """Simulate images (N, C, H, W) from rest and give the summed output (N, classes)."""
        functional.reset_net(self._network)
        images = images.contiguous(memory_format=self._setting.memory_format)
        if self._setting.chunk == 1:
            scores = self._network(images)
            for _ in range(steps - 1):
                scores += self._network(images)
            return scores
        scores = torch.zeros(1)
        for first in range(0, steps, self._setting.chunk):
            now = min(self._setting.chunk, steps - first)
            scores = scores + self._network(images.expand(now, *images.shape)).sum(0)
        return scores


if __name__ == "__main__":
    measure("SpikingJelly", version("spikingjelly"), Network, SETTINGS)
