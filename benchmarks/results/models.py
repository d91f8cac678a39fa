"""The models and their data. The trained ones come from ``training/train.py``."""

from experiment import Dataset, Model

CIFAR10 = Dataset("DATA/cifar10/train.zip", "DATA/cifar10/test.npz")
MNIST = Dataset("WORK/data/mnist_train.npz", "WORK/data/mnist_test.npz", split="DATA/mnist/mnist.npz")

CALIBRATION_IMAGES = 5000
"""Training images behind every calibration; fewer where there are fewer."""

_CIFAR10 = ("--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225")

RESNET20 = Model("resnet20", "ResNet-20", "MODELS/resnet20_cifar10.onnx", CIFAR10, _CIFAR10)
RESNET56 = Model("resnet56", "ResNet-56", "MODELS/resnet56_cifar10.onnx", CIFAR10, _CIFAR10)


def _trained(name: str, title: str, data: Dataset = CIFAR10) -> Model:
    return Model(name, title, f"WORK/models/{name}.onnx", data)


PLAIN20 = _trained("plain20", "plain CNN, 20 layers")
PLAIN32 = _trained("plain32", "plain CNN, 32 layers")
RESNET8 = _trained("resnet8_mnist", "ResNet-8 on MNIST", MNIST)
VGG = _trained("vgg", "VGG, 7 layers")
RESNET14_BASIC = _trained("resnet14_basic", "ResNet-14, no junction ReLUs")
RESNET14_JUNCTION = _trained("resnet14_junction", "ResNet-14, junction ReLUs")
RESNET14_PLAIN = _trained("resnet14_plain", "ResNet-14 with 2 more plain layers")

TITLES = {
    model.name: model.title
    for model in (
        *(RESNET20, RESNET56, PLAIN20, PLAIN32, RESNET8),
        *(VGG, RESNET14_BASIC, RESNET14_JUNCTION, RESNET14_PLAIN),
    )
}
