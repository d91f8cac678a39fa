"""The networks that the results need beside the trained ones that users have: written in PyTorch, small on purpose."""

from collections.abc import Callable, Sequence
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = 10
STAGES = (16, 32, 64)


class Plain(nn.Module):
    """The CIFAR ResNet of He et al. (2016) without its shortcuts: 6n + 2 layers with weights."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for stage, width in enumerate(STAGES):
            for index in range((depth - 2) // 3 + (stage == 0)):
                stride = 2 if stage > 0 and index == 0 else 1
                layers += [nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
                channels = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) images to (N, 10) logits."""
        return self.classifier(functional.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


class Block(nn.Module):
    """A basic residual block: with BatchNorm, or without it and without biases, as Sengupta et al. train it."""

    def __init__(self, before: int, width: int, *, batchnorm: bool, junction: bool, dropout: float) -> None:
        super().__init__()
        self.stride = 1 if before == width else 2
        self.extra = width - before
        self.conv1 = nn.Conv2d(before, width, 3, self.stride, 1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn1, self.bn2 = (nn.BatchNorm2d(width) if batchnorm else nn.Identity() for _ in range(2))
        self.dropout = nn.Dropout(dropout)
        self.junction = junction

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, width, H / stride, W / stride)."""
        y = self.dropout(torch.relu(self.bn1(self.conv1(x))))
        y = self.bn2(self.conv2(y))
        # option A of He et al.: every other pixel, and channels of zeros
        shortcut = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))
        return torch.relu(y + shortcut) if self.junction else y + shortcut


class ResNet(nn.Module):
    """A CIFAR ResNet with some plain convolutions first.

    Parameters
    ----------
    channels : int
        Of the images.
    blocks : int
        In each of the three stages.
    widths : sequence of int
        Channels of the stages.
    plain : int
        Convolutions before the first block; He et al. have one, Sengupta et al.'s constraint 3 asks for more.
    batchnorm : bool
    junction : bool
        Whether a ReLU follows each addition.
    dropout : float
        After the ReLU on the non-identity path.
    """

    def __init__(
        self,
        channels: int,
        blocks: int,
        widths: Sequence[int] = STAGES,
        *,
        plain: int = 1,
        batchnorm: bool = True,
        junction: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        first: list[nn.Module] = []
        for _ in range(plain):
            first += [nn.Conv2d(channels, widths[0], 3, 1, 1, bias=False)]
            first += [nn.BatchNorm2d(widths[0])] if batchnorm else []
            first += [nn.ReLU()]
            channels = widths[0]
        self.plain = nn.Sequential(*first)
        stages: list[nn.Module] = []
        for width in widths:
            for _ in range(blocks):
                stages.append(Block(channels, width, batchnorm=batchnorm, junction=junction, dropout=dropout))
                channels = width
        self.stages = nn.Sequential(*stages)
        self.classifier = nn.Linear(channels, CLASSES, bias=batchnorm)
        if not batchnorm:
            _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) images to (N, 10) logits."""
        return self.classifier(functional.adaptive_avg_pool2d(self.stages(self.plain(x)), 1).flatten(1))


class Vgg(nn.Module):
    """A bias-free VGG with mean pooling and dropout, as Sengupta et al. train it (sections 4.3 and 7.1)."""

    def __init__(self, widths: Sequence[int], dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in widths:
            layers += [nn.Conv2d(channels, width, 3, 1, 1, bias=False), nn.ReLU(), nn.Dropout(dropout)]
            # no dropout where a pooling follows
            layers += [nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.ReLU(), nn.AvgPool2d(2)]
            channels = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels, CLASSES, bias=False)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) images to (N, 10) logits."""
        return self.classifier(functional.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


def _initialise(network: nn.Module) -> None:
    """Draw weights as Sengupta et al. (section 7.1): σ = √2 / √(k² n), and √2 / (k² n) on residual paths."""
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d):
            outgoing = layer.kernel_size[0] ** 2 * layer.out_channels
            nn.init.normal_(layer.weight, std=sqrt(2) / (outgoing if "stages" in name else sqrt(outgoing)))


def _bias_free(plain: int, junction: bool) -> Callable[[], nn.Module]:
    return lambda: ResNet(3, 2, (16, 32, 64), plain=plain, batchnorm=False, junction=junction, dropout=0.1)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "vgg": lambda: Vgg((16, 32, 64), dropout=0.05),
    "resnet14_basic": _bias_free(plain=1, junction=False),
    "resnet14_junction": _bias_free(plain=1, junction=True),
    "resnet14_plain": _bias_free(plain=3, junction=True),
    "resnet8_mnist": lambda: ResNet(1, 1),
    "plain20": lambda: Plain(20),
    "plain32": lambda: Plain(32),
}
