"""Small networks without shortcuts, as people write them in PyTorch: VGG, LeNet, MobileNet-v1, pooling variants."""

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = 10


def vgg(plan: tuple[int | str, ...], *, batchnorm: bool) -> nn.Sequential:
    """Build a VGG for 32 x 32 images; `plan` has channels, and "M" for a maximum pooling by two."""
    layers: list[nn.Module] = []
    channels = 3
    for item in plan:
        if isinstance(item, str):
            layers.append(nn.MaxPool2d(2, 2))
            continue
        layers.append(nn.Conv2d(channels, item, 3, padding=1))
        layers.extend([nn.BatchNorm2d(item)] if batchnorm else [])
        layers.append(nn.ReLU(inplace=True))
        channels = item
    head = [nn.Flatten(), nn.Dropout(), nn.Linear(channels, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, CLASSES)]
    return nn.Sequential(*layers, *head)


VGG11 = (16, "M", 32, "M", 64, 64, "M", 128, 128, "M", 128, 128, "M")
VGG16 = (16, 16, "M", 32, 32, "M", 64, 64, 64, "M", 128, 128, 128, "M", 128, 128, 128, "M")


def mobilenet_v1() -> nn.Sequential:
    """Build a narrow MobileNet-v1 for 32 x 32 images: depthwise and pointwise convolutions, ReLU6."""
    layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU6()]
    channels = 16
    for width, stride in ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1)):
        layers += [nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False), nn.BatchNorm2d(channels)]
        layers += [nn.ReLU6(), nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU6()]
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES))


def pooling(variant: nn.Module, features: int) -> nn.Sequential:
    """Build convolution, `variant` of a pooling, convolution, flatten to `features` values, classifier."""
    return nn.Sequential(
        *(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), variant),
        *(nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(features, CLASSES)),
    )


class LeNet(nn.Module):
    """LeNet with ReLU for grey 28 x 28 images, as in many tutorials; the flattening is `way`."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, CLASSES)
        self.dropout = nn.Dropout2d(0.25)
        self.way = way

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 1, 28, 28) to log probabilities (N, 10)."""
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = self.dropout(functional.max_pool2d(functional.relu(self.conv2(x)), 2))
        if self.way == "view":
            x = x.view(-1, 16 * 5 * 5)
        elif self.way == "size":
            x = x.view(x.size(0), -1)
        else:
            x = x.flatten(start_dim=1)
        x = functional.dropout(functional.relu(self.fc1(x)), training=self.training)
        return functional.log_softmax(self.fc3(functional.relu(self.fc2(x))), dim=1)


class Squeezing(nn.Module):
    """Plain network with its classifier as a 1 x 1 convolution, a superfluous unsqueeze, and Softmax at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(), nn.Dropout2d(0.2)),
            *(nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=0), nn.ReLU()),
        )
        self.classifier = nn.Conv2d(32, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, 32, 32) to probabilities (N, 10)."""
        x = self.features(x).mean((2, 3)).unsqueeze(-1).unsqueeze(-1)
        return torch.softmax(self.classifier(x).squeeze(-1).squeeze(-1), dim=1)
