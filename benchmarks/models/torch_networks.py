"""Small networks for 32 x 32 images, written as people write them in PyTorch."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = 10


def classify(x: Tensor, pool: str) -> Tensor:
    """Map (N, C, H, W) to (N, C) features in one of the ways that are in use."""
    ways: dict[str, Callable[[Tensor], Tensor]] = {
        "adaptive, torch.flatten": lambda t: torch.flatten(functional.adaptive_avg_pool2d(t, 1), 1),
        "adaptive, view": lambda t: functional.adaptive_avg_pool2d(t, (1, 1)).view(t.size(0), -1),
        "adaptive, squeeze": lambda t: functional.adaptive_avg_pool2d(t, 1).squeeze(3).squeeze(2),
        "avg_pool, view": lambda t: functional.avg_pool2d(t, t.size(3)).view(t.size(0), -1),
        "avg_pool, reshape": lambda t: functional.avg_pool2d(t, int(t.shape[-1])).reshape(t.shape[0], t.shape[1]),
        "mean": lambda t: t.mean(dim=(2, 3)),
        "mean keepdim, flatten": lambda t: t.mean((-2, -1), keepdim=True).flatten(1),
        "mean twice": lambda t: t.mean(3).mean(2),
        "max": lambda t: functional.adaptive_max_pool2d(t, 1).flatten(1),
    }
    return ways[pool](x)


class Block(nn.Module):
    """Basic residual block v1 with shortcut option "a", "a-cat", "b" or "c" of He et al. (2016)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, option: str, relu: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.relu = relu or nn.ReLU(inplace=True)
        self.option, self.extra, self.stride = option, channels_out - channels_in, stride
        self.shortcut = nn.Sequential()
        if option == "c" or (option == "b" and (stride != 1 or self.extra)):
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, channels_in, H, W) to (N, channels_out, H / stride, W / stride)."""
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.option == "a" and self.extra:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.extra // 2, self.extra // 2))
        elif self.option == "a-cat" and self.extra:
            x = functional.avg_pool2d(x, 1, 2)
            x = torch.cat((x, x.mul(0)), 1)
        else:
            x = self.shortcut(x)
        return self.relu(y + x)


class PreactBlock(nn.Module):
    """Basic residual block v2: the shortcut leaves after the first BatchNorm and ReLU where the shape changes."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False)
        changes = stride != 1 or channels_in != channels_out
        self.shortcut = nn.Conv2d(channels_in, channels_out, 1, stride, bias=False) if changes else None

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, channels_in, H, W) to (N, channels_out, H / stride, W / stride)."""
        y = functional.relu(self.bn1(x))
        shortcut = x if self.shortcut is None else self.shortcut(y)
        return self.conv2(functional.relu(self.bn2(self.conv1(y)))) + shortcut


class CifarResNet(nn.Module):
    """ResNet of He et al., section 4.2: three stages of `blocks` blocks, widths 16, 32, 64.

    `option` is that of `Block`, or "v2". `shared` uses one ReLU module everywhere. `features` also returns the
    input of the classifier.
    """

    def __init__(
        self,
        blocks: int,
        option: str,
        pool: str = "adaptive, torch.flatten",
        *,
        shared: bool = False,
        features: bool = False,
    ) -> None:
        super().__init__()
        relu = nn.ReLU() if shared else None
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False))
        if option != "v2":
            self.stem.extend([nn.BatchNorm2d(16), relu or nn.ReLU(inplace=True)])
        self.stages = nn.Sequential()
        channels = 16
        for width, first in ((16, 1), (32, 2), (64, 2)):
            for stride in (first, *[1] * (blocks - 1)):
                block = (
                    PreactBlock(channels, width, stride)
                    if option == "v2"
                    else Block(channels, width, stride, option, relu)
                )
                self.stages.append(block)
                channels = width
        if option == "v2":
            self.stages.extend([nn.BatchNorm2d(channels), nn.ReLU()])
        self.classifier = nn.Linear(channels, CLASSES)
        self.pool, self.features = pool, features

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Map (N, 3, H, W) to logits (N, 10), or to logits and features (N, 64)."""
        features = classify(self.stages(self.stem(x)), self.pool)
        logits = self.classifier(features)
        return (logits, features) if self.features else logits


class Preprocessed(nn.Module):
    """A network behind its own preprocessing: (x - mean) / std of every colour channel."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, 3, H, W) with values 0 to 1 to logits (N, 10)."""
        return self.network((x - self.mean) / self.std)
