"""Train a small ResNet on scikit-learn's handwritten digits and write it as an ONNX file with its images.

Needs PyTorch, scikit-learn, onnx and onnxruntime; ``README.md`` beside this file names the versions. Using
the files that this script writes needs neither PyTorch nor scikit-learn.

The 1,797 images are split once, stratified by class: 450 test images, 1,347 training images. Depth, number of
epochs, learning rate and weight decay were chosen by ``--validate``: five-fold cross-validation inside the
training images. The test images are used once, at the end, to measure the ONNX file.

References
----------
He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, CVPR 2016, section 4.2 (the CIFAR networks)
and section 3.3, option B (projection shortcuts).
"""

import argparse
import hashlib
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, train_test_split
from torch import Tensor, nn
from torch.nn import functional

Images = npt.NDArray[np.uint8]  # (N, 8, 8), grey values 0..16
Labels = npt.NDArray[np.uint8]  # (N,), classes 0..9

SPLIT_SEED = 0  # not --seed: another network must be measured on the same images
TEST_IMAGES = 450
FOLDS = 5
WIDTHS = (8, 16, 32)  # channels of the three stages
CLASSES = 10
BATCH = 32
OPSET = 17


class Block(nn.Module):
    """Basic residual block (ResNet v1): conv, BN, ReLU, conv, BN, add the shortcut, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.relu1 = nn.ReLU()
        self.relu2 = nn.ReLU()
        self.shortcut = nn.Sequential()  # identity within a stage
        if stride != 1 or channels_in != channels_out:  # option B where the stage changes
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, channels_in, H, W) float32 to (N, channels_out, H / stride, W / stride) float32."""
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        result: Tensor = self.relu2(y + self.shortcut(x))
        return result


class DigitsResNet(nn.Module):
    """Stem, three stages of `blocks` basic blocks each, global average pooling, linear classifier."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, WIDTHS[0], 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(WIDTHS[0])
        self.relu = nn.ReLU()
        self.stages = nn.Sequential()
        channels = WIDTHS[0]
        for stage, width in enumerate(WIDTHS):
            for index in range(blocks):
                stride = 2 if stage > 0 and index == 0 else 1
                self.stages.add_module(f"stage{stage + 1}_block{index + 1}", Block(channels, width, stride))
                channels = width
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, CLASSES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 1, 8, 8) float32 to logits (N, 10) float32."""
        y = self.stages(self.relu(self.bn(self.conv(x))))
        logits: Tensor = self.classifier(torch.flatten(self.pool(y), 1))
        return logits


def preprocess(x: Images) -> npt.NDArray[np.float32]:
    """Map grey values 0..16 (N, 8, 8) to -1..1 (N, 1, 8, 8) float32: x / 16, then (x - 0.5) / 0.5."""
    scaled = x[:, None].astype(np.float32) / 16  # (N, 8, 8) -> (N, 1, 8, 8)
    return ((scaled - np.float32(0.5)) / np.float32(0.5)).astype(np.float32)


def load_split() -> tuple[Images, Labels, Images, Labels]:
    """Give the training images and labels, then the test images and labels."""
    digits = load_digits()
    x, y = digits.images.astype(np.uint8), digits.target.astype(np.uint8)
    train, test = train_test_split(
        np.arange(len(y)), test_size=TEST_IMAGES, random_state=SPLIT_SEED, stratify=y, shuffle=True
    )
    train, test = np.sort(train), np.sort(test)  # the data set's own order
    return x[train], y[train], x[test], y[test]


def shifted(x: Tensor, generator: torch.Generator) -> Tensor:
    """Shift each image of (N, 1, 8, 8) by -1, 0 or 1 pixel along each axis; the border is background."""
    padded = functional.pad(x, (1, 1, 1, 1), value=-1.0)  # -1 is grey value 0 after preprocessing
    windows = padded.unfold(2, 8, 1).unfold(3, 8, 1)  # (N, 1, 3, 3, 8, 8): every shift of every image
    row, column = torch.randint(3, (2, len(x)), generator=generator)
    return windows[torch.arange(len(x)), :, row, column].contiguous()


def batches(count: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Give the indices of one epoch's batches; the last, smaller batch is left out."""
    order = torch.randperm(count, generator=generator)
    for start in range(0, count - BATCH + 1, BATCH):
        yield order[start : start + BATCH]


def train(x: Images, y: Labels, options: argparse.Namespace) -> DigitsResNet:
    """Train a network: SGD with Nesterov momentum, cosine schedule, shifts by one pixel."""
    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    network = DigitsResNet(options.blocks)
    inputs, labels = torch.from_numpy(preprocess(x)), torch.from_numpy(y.astype(np.int64))
    optimizer = torch.optim.SGD(
        network.parameters(), options.rate, momentum=0.9, weight_decay=options.decay, nesterov=True
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, options.epochs * (len(y) // BATCH))
    network.train()
    for epoch in range(options.epochs):
        total = 0.0
        for indices in batches(len(y), generator):
            loss = functional.cross_entropy(network(shifted(inputs[indices], generator)), labels[indices])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        if epoch == 0 or (epoch + 1) % 10 == 0:
            print(f"  epoch {epoch + 1}: mean training loss {total / (len(y) // BATCH):.4f}")
    return network.eval()


def cross_validate(x: Images, y: Labels, options: argparse.Namespace) -> None:
    """Print the accuracy over five folds of the training images."""
    correct = 0
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SPLIT_SEED)
    for number, (kept, held) in enumerate(folds.split(x, y), start=1):
        network = train(x[kept], y[kept], options)
        with torch.no_grad():
            predicted = network(torch.from_numpy(preprocess(x[held]))).argmax(1).numpy()
        correct += int((predicted == y[held]).sum())
        print(f"fold {number}: {int((predicted == y[held]).sum())} of {len(held)} correct")
    print(f"cross-validation: {correct} of {len(y)} training images correct = {100 * correct / len(y):.2f} %")


def export(network: DigitsResNet, path: Path) -> None:
    """Write the network in evaluation mode, with BatchNorm as nodes of their own."""
    torch.onnx.export(
        network,
        (torch.zeros(1, 1, 8, 8),),
        path,
        dynamo=False,  # the TorchScript exporter: it keeps the modules' names and needs no other package
        # EVAL would fold each BatchNorm into its convolution; the network itself is in evaluation mode
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        opset_version=OPSET,
        input_names=["input"],
        output_names=["logits"],
        dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}},
    )
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("doc_string")  # may hold source paths of the exporting machine
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def count_correct(path: Path, x: Images, y: Labels) -> int:
    """Count the images that the ONNX file classifies as labelled, run by onnxruntime."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], {"input": preprocess(x)})
    return int((np.argmax(logits, axis=1) == y).sum())


def wilson(correct: int, count: int) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a proportion, in per cent."""
    z = 1.959964  # the normal distribution's 97.5th percentile
    share = correct / count
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return 100 * (centre - half), 100 * (centre + half)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train a small ResNet on 8x8 handwritten digits.")
    parser.add_argument("--epochs", type=int, default=80, help="passes over the training images")
    parser.add_argument("--blocks", type=int, default=2, help="basic blocks per stage: 2 is ResNet-14")
    parser.add_argument("--rate", type=float, default=0.1, help="learning rate at the start")
    parser.add_argument("--decay", type=float, default=1e-3, help="weight decay")
    parser.add_argument("--seed", type=int, default=0, help="seed of weights, order and shifts")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the three files")
    parser.add_argument("--validate", action="store_true", help="cross-validate, write nothing")
    return parser.parse_args()


def main() -> None:
    """Train, export, write the images, and measure the ONNX file on the test images."""
    options = parse_arguments()
    torch.set_num_threads(1)  # the order of sums, and so the weights, depend on the number of threads
    torch.use_deterministic_algorithms(True)
    x_train, y_train, x_test, y_test = load_split()
    if options.validate:
        cross_validate(x_train, y_train, options)
        return
    network = train(x_train, y_train, options)
    options.out.mkdir(parents=True, exist_ok=True)
    model = options.out / "digits_resnet.onnx"
    calibration, test = options.out / "digits_calibration.npz", options.out / "digits_test.npz"
    export(network, model)
    np.savez_compressed(calibration, x=x_train, y=y_train)
    np.savez_compressed(test, x=x_test, y=y_test)
    print(f"parameters: {sum(parameter.numel() for parameter in network.parameters())}")
    for path in (model, calibration, test):
        data = path.read_bytes()
        print(f"{path.name}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")
    for name, x, y in (("training", x_train, y_train), ("test", x_test, y_test)):
        correct = count_correct(model, x, y)
        low, high = wilson(correct, len(y))
        print(
            f"{name} accuracy through onnxruntime: {correct} of {len(y)} = {100 * correct / len(y):.2f} % "
            f"(95 % interval {low:.2f} to {high:.2f} %)"
        )


if __name__ == "__main__":
    main()
