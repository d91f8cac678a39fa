"""Time sinabs on an ONNX ResNet: its converter, its IAF neurons, PyTorch on the CPU.

sinabs takes images and time steps along one axis. It has no normalisation, and graded spikes by default: weights are
normalised before, and a neuron spikes at most once a step, so that it simulates the network that the others simulate.
Membranes have no lower bound, which saves it an operation.
"""

from importlib.metadata import version

import sinabs
import sinabs.from_torch
import torch
from normalise import normalise
from sinabs.activation import SingleSpike
from timing import PERCENTILE, Setting, measure

SETTINGS = [
    Setting(batch, chunk, last)
    for batch, chunk in ((8, 8), (16, 8), (32, 1), (32, 4), (64, 1), (128, 1), (256, 1))
    for last in (False, True)
]


class Network:
    """A network that sinabs converted."""

    def __init__(self, module: torch.fx.GraphModule, calibration: torch.Tensor) -> None:
        self._module = normalise(module, calibration, PERCENTILE)
        self._setting = SETTINGS[0]
        self.use(self._setting)

    def use(self, setting: Setting) -> None:
        """Prepare for runs with a setting."""
        self._setting = setting
        network = sinabs.from_torch.from_model(
            self._module, batch_size=setting.batch, spike_fn=SingleSpike, min_v_mem=None
        )
        self._network = network.spiking_model.eval().to(memory_format=setting.memory_format)

    def run(self, images: torch.Tensor, steps: int) -> torch.Tensor:
        """Simulate images (N, C, H, W) from rest and give the summed output (N, classes)."""
        sinabs.reset_states(self._network)
        scores = torch.zeros(1)
        for first in range(0, steps, self._setting.chunk):
            now = min(self._setting.chunk, steps - first)
            repeated = images.repeat_interleave(now, dim=0)  # the steps of an image lie together
            repeated = repeated.contiguous(memory_format=self._setting.memory_format)
            scores = scores + self._network(repeated).unflatten(0, (len(images), now)).sum(1)
        return scores


if __name__ == "__main__":
    measure("sinabs", version("sinabs"), Network, SETTINGS)
