"""Train one of the networks on the processor and export it as ONNX; repeated, it goes on after the last epoch.

python benchmarks/results/training/train.py plain20 --data DATA --out MODELS
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from images import cifar10, mnist
from networks import NETWORKS
from torch import Tensor, nn
from torch.nn import functional

BATCH = 128
WEIGHT_DECAY = 1e-4
SMALL = 24
"""Side of the crops in all but the last epochs: a convolutional network takes any, and small ones are fast."""

# epochs on small crops, epochs on whole images, largest learning rate
SCHEDULES = {
    "vgg": (10, 2, 0.05),
    "resnet14_basic": (5, 1, 0.05),
    "resnet14_junction": (5, 1, 0.05),
    "resnet14_plain": (5, 1, 0.05),
    "resnet8_mnist": (0, 3, 0.1),
    "plain20": (15, 3, 0.1),
    "plain32": (15, 3, 0.1),
}
MEAN = {"cifar10": (0.485, 0.456, 0.406), "mnist": (0.1307,)}
STD = {"cifar10": (0.229, 0.224, 0.225), "mnist": (0.3081,)}
PIXEL_STD = 0.25
"""Where the mean of each pixel is subtracted, as Sengupta et al. do, one number divides all of them."""


def main() -> None:
    """Train, then write ``<name>.onnx`` and what its images went through, ``<name>.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=list(NETWORKS))
    parser.add_argument("--data", type=Path, required=True, help="Folder with cifar10/train.zip and mnist/mnist.npz.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    train(arguments.name, arguments.data, arguments.out)


def train(name: str, data: Path, out: Path) -> None:
    """Train one network with stochastic gradient descent: warm-up, then a cosine down to zero."""
    torch.manual_seed(0)
    images, labels = mnist(data) if name.endswith("mnist") else cifar10(data, out)
    x, preprocessing = preprocessed(name, images, out)
    y = torch.from_numpy(labels.astype(np.int64))
    network = NETWORKS[name]().to(memory_format=torch.channels_last)
    small, whole, rate = SCHEDULES[name]
    optimiser = torch.optim.SGD(network.parameters(), rate, momentum=0.9, weight_decay=WEIGHT_DECAY, nesterov=True)
    steps = (small + whole) * (len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.2)
    checkpoint = out / f"{name}.pt"
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        done = state["epochs"]
        for part, part_state in zip((network, optimiser, schedule), state["states"], strict=True):
            part.load_state_dict(part_state)
    for epoch in range(done, small + whole):
        start = time.perf_counter()
        side = SMALL if epoch < small else x.shape[-1]
        right, loss = one_epoch(network, optimiser, schedule, batches(x, y, side, seed=epoch))
        states = [part.state_dict() for part in (network, optimiser, schedule)]
        torch.save({"epochs": epoch + 1, "states": states}, checkpoint)
        seconds = time.perf_counter() - start
        print(f"{name} epoch {epoch + 1}: {100 * right:.2f} %, loss {loss:.4f}, {seconds:.0f} s", flush=True)
    training = {"epochs": small + whole, "small_epochs": small, "side": SMALL, "largest_rate": rate}
    (out / f"{name}.json").write_text(json.dumps(preprocessing | {"training": training}, indent=2) + "\n")
    export(network, x[:1], out / f"{name}.onnx")


def preprocessed(name: str, images: np.ndarray, out: Path) -> tuple[Tensor, dict[str, object]]:
    """Give images as (N, C, H, W) float32, and what was done to them in the words of ``snnconv calibrate``."""
    x = images.astype(np.float32) / 255
    done: dict[str, object]
    if name.startswith(("vgg", "resnet14")):
        mean = x.mean(axis=0)
        np.save(out / "pixel_mean.npy", mean.transpose(2, 0, 1))
        x, done = (x - mean) / PIXEL_STD, {"mean": "pixel_mean.npy", "std": PIXEL_STD}
    else:
        kind = "mnist" if name.endswith("mnist") else "cifar10"
        x = (x - np.float32(MEAN[kind])) / np.float32(STD[kind])
        done = {"mean": ",".join(map(str, MEAN[kind])), "std": ",".join(map(str, STD[kind]))}
    return torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2))), done


def batches(x: Tensor, y: Tensor, side: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Give shuffled batches: crops of the padded images, colour images also mirrored."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(x), generator=generator)
    mirror = x.shape[1] == 3
    for first in range(0, len(x) - BATCH + 1, BATCH):
        chosen = order[first : first + BATCH]
        # crops of 24 need no padding to vary
        pad = 4 if side == x.shape[-1] else 0
        images = functional.pad(x[chosen], (pad,) * 4)
        room = images.shape[-1] - side + 1
        top, left = (int(torch.randint(room, (1,), generator=generator)) for _ in range(2))
        images = images[:, :, top : top + side, left : left + side]
        if mirror:
            flip = torch.rand(BATCH, generator=generator) < 0.5
            images = torch.where(flip[:, None, None, None], images.flip(3), images)
        yield images.contiguous(memory_format=torch.channels_last), y[chosen]


def one_epoch(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    data: Iterator[tuple[Tensor, Tensor]],
) -> tuple[float, float]:
    """Run one epoch and give the share of training images that were right, and the mean loss."""
    network.train()
    right = seen = 0
    total = 0.0
    for x, y in data:
        logits = network(x)
        loss = functional.cross_entropy(logits, y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        right += int((logits.argmax(1) == y).sum())
        total += float(loss.detach()) * len(y)
        seen += len(y)
    return right / seen, total / seen


def export(network: nn.Module, example: Tensor, path: Path) -> None:
    """Write the network as ONNX, BatchNorm not folded, with any number of images."""
    torch.onnx.export(
        network.eval(),
        (example,),
        path,
        input_names=["input"],
        output_names=["logits"],
        dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}},
        opset_version=17,
        do_constant_folding=False,
        dynamo=False,
    )


if __name__ == "__main__":
    main()
