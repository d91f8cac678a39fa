"""What the peers' timing scripts share: options, the search for the fastest setting, the timed run, the JSON.

Only the simulation is timed: images lie preprocessed in memory, the network is converted, one run has warmed up.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnx_modules
import torch

PERCENTILE = 99.9
"""Of the activations of a layer, over the calibration images: its scale, as in the network that snnconv runs."""

_TRIAL_STEPS = 8
_TRIALS = 2
_FINALISTS = 4


@dataclass(frozen=True)
class Setting:
    """How a peer is run: its results do not depend on it, its speed does.

    Attributes
    ----------
    batch : int
        Images at a time.
    chunk : int
        Time steps in one call.
    channels_last : bool
        PyTorch's memory format of images and weights.
    """

    batch: int
    chunk: int
    channels_last: bool

    @property
    def memory_format(self) -> torch.memory_format:
        """PyTorch's name of the memory format."""
        return torch.channels_last if self.channels_last else torch.contiguous_format


class Peer(Protocol):
    """A converted network that a peer simulates."""

    def use(self, setting: Setting) -> None:
        """Prepare for runs with a setting."""
        ...

    def run(self, images: torch.Tensor, steps: int) -> torch.Tensor:
        """Simulate images (N, C, H, W), N the setting's batch, from rest; give the summed output (N, classes)."""
        ...


def measure(
    name: str,
    version: str,
    convert: Callable[[torch.nn.Module, torch.Tensor], Peer],
    settings: Sequence[Setting],
) -> None:
    """Read the command line, convert, time, and print JSON.

    Parameters
    ----------
    name, version : str
        Of the peer.
    convert : callable
        From the module and calibration images (N, C, H, W) to the network.
    settings : sequence of Setting
        To choose from.
    """
    options = _options(name)
    torch.set_num_threads(options.threads)
    with np.load(options.images) as file:
        x, y = file["x"], file["y"]
    images = torch.from_numpy(x[: options.limit])
    labels = torch.from_numpy(y[: options.limit].astype(np.int64))
    module = onnx_modules.load(options.model)
    result: dict[str, Any] = {
        "name": name,
        "version": version,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "module_difference": onnx_modules.check(module, options.model, x[:8]),
    }
    calibration = torch.from_numpy(np.load(options.calibration))
    with torch.inference_mode():
        peer = convert(module, calibration)
        result |= {"calibration_images": len(calibration), "percentile": PERCENTILE}
        if options.tune:
            result["tried"] = _tune(peer, images, [s for s in settings if s.batch <= len(images)], options.steps)
        else:
            setting = Setting(**json.loads(options.setting))
            result |= _timed(peer, images, labels, options.steps, setting)
    print(json.dumps(result))


def _options(name: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=f"Time {name} on a ResNet from an ONNX file. speed.py calls this under the peers' interpreter.",
        epilog="example: python FILE.py m.onnx --calibration c.npy --images i.npz --steps 64 --limit 128 --tune",
    )
    parser.add_argument("model", type=Path, help="ONNX file")
    parser.add_argument("--calibration", type=Path, required=True, help=".npy, (N, C, H, W) float32, preprocessed")
    parser.add_argument("--images", type=Path, required=True, help=".npz with x as above and labels y (N,)")
    parser.add_argument("--steps", type=int, required=True, help="T")
    parser.add_argument("--limit", type=int, help="simulate the first so many images; default all")
    parser.add_argument("--threads", type=int, default=2, help="threads of PyTorch")
    parser.add_argument("--setting", help="JSON of batch, chunk, channels_last")
    parser.add_argument("--tune", action="store_true", help="time all settings for a few steps, print them by speed")
    options = parser.parse_args()
    if bool(options.setting) == options.tune:
        parser.error("give either --setting or --tune")
    return options


def _tune(peer: Peer, images: torch.Tensor, settings: Sequence[Setting], steps: int) -> list[dict[str, Any]]:
    """Time all settings, the fastest a second time, and give them with the fastest first."""
    found = {setting: _trial(peer, images, setting, steps) for setting in settings}
    for setting in sorted(found, key=lambda s: found[s])[:_FINALISTS]:
        found[setting] = min(found[setting], _trial(peer, images, setting, steps))
    ordered = sorted(found, key=lambda s: found[s])
    return [asdict(setting) | {"ms_per_image_step": found[setting]} for setting in ordered]


def _trial(peer: Peer, images: torch.Tensor, setting: Setting, steps: int) -> float:
    """Give the ms per image and step of one batch for a few steps: the better of two, after one that warms up."""
    batch, steps = images[: setting.batch], max(setting.chunk, min(steps, _TRIAL_STEPS))
    peer.use(setting)
    seconds = []
    for _ in range(_TRIALS + 1):
        start = time.perf_counter()
        peer.run(batch, steps)
        seconds.append(time.perf_counter() - start)
    return 1000 * min(seconds[1:]) / len(batch) / steps


def _timed(peer: Peer, images: torch.Tensor, labels: torch.Tensor, steps: int, setting: Setting) -> dict[str, Any]:
    """Simulate all images, in whole batches."""
    count = len(images) // setting.batch * setting.batch
    if not count:
        raise ValueError(f"{len(images)} images are less than a batch of {setting.batch}")
    peer.use(setting)
    peer.run(images[: setting.batch], setting.chunk)
    start = time.perf_counter()
    batches = range(0, count, setting.batch)
    scores = [peer.run(images[first : first + setting.batch], steps) for first in batches]
    seconds = time.perf_counter() - start
    right = (torch.cat(scores).argmax(1) == labels[:count]).sum().item()
    return {
        "setting": asdict(setting),
        "images": count,
        "steps": steps,
        "seconds": seconds,
        "images_per_second": count / seconds,
        "ms_per_image_step": 1000 * seconds / count / steps,
        "accuracy": right / count,
    }
