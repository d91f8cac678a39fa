"""Which PyTorch networks are exported, by which exporter, at which opset, with which options."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch_library import load_libraries
from torch_networks import CifarResNet, Preprocessed
from torch_plain import VGG11, VGG16, LeNet, Squeezing, mobilenet_v1, pooling, vgg

Shape = tuple[int, int, int]
SMALL: Shape = (3, 32, 32)
LARGE: Shape = (3, 224, 224)


@dataclass(frozen=True)
class Case:
    """One file to export: `options` go to ``torch.onnx.export`` as they are, `batch` None is a dynamic batch."""

    name: str
    family: str
    build: Callable[[], nn.Module]
    opset: int
    notes: str
    shape: Shape = SMALL
    batch: int | None = None
    dynamo: bool = False
    options: dict[str, Any] = field(default_factory=dict)


def resnet_cases() -> list[Case]:
    """Small residual networks: shortcuts, heads, exporter options."""
    v1, v2 = "resnet v1", "resnet v2"
    preserve = {"training": torch.onnx.TrainingMode.PRESERVE}
    raw = {"do_constant_folding": False, "keep_initializers_as_inputs": True, **preserve}
    two = {"output_names": ["logits", "features"]}

    def net(option: str, pool: str = "adaptive, torch.flatten", **options: bool) -> Callable[[], nn.Module]:
        return lambda: CifarResNet(2, option, pool, **options)

    return [
        Case("cifar_a_legacy10", v1, net("a"), 10, "option A: strided slice and F.pad"),
        Case("cifar_a_legacy11", v1, net("a", "avg_pool, view"), 11, "option A; avg_pool2d, view(size(0), -1)"),
        Case("cifar_a_legacy13", v1, net("a", "mean"), 13, "option A; mean over two axes"),
        Case("cifar_a_legacy17", v1, net("a", "adaptive, view"), 17, "option A, batch of 1", batch=1),
        Case("cifar_a_dynamo18", v1, net("a"), 18, "option A", dynamo=True),
        Case("cifar_a_dynamo20", v1, net("a", "mean"), 20, "option A; mean; batch of 1", batch=1, dynamo=True),
        Case("cifar_acat_legacy13", v1, net("a-cat"), 13, "option A as avg_pool2d and cat((x, x.mul(0)), 1)"),
        Case(
            "cifar_acat_dynamo18", v1, net("a-cat"), 18, "option A as avg_pool2d and cat((x, x.mul(0)), 1)", dynamo=True
        ),
        Case("cifar_b_legacy9", v1, net("b"), 9, "option B, BatchNorm kept", options=preserve),
        Case("cifar_b_legacy11", v1, net("b", "adaptive, squeeze"), 11, "option B; squeeze twice"),
        Case("cifar_b_legacy13", v1, net("b", "adaptive, squeeze"), 13, "option B; squeeze twice", batch=4),
        Case("cifar_b_legacy17", v1, net("b", "avg_pool, reshape"), 17, "option B; reshape"),
        Case("cifar_b_dynamo18", v1, net("b", "adaptive, squeeze"), 18, "option B; squeeze twice", dynamo=True),
        Case("cifar_b_dynamo23", v1, net("b"), 23, "option B", dynamo=True),
        Case(
            "cifar_b_unoptimised", v1, net("b"), 18, "dynamo, optimize=False", dynamo=True, options={"optimize": False}
        ),
        Case("cifar_c_legacy17", v1, net("c", "mean keepdim, flatten"), 17, "option C; mean(keepdim) and flatten"),
        Case("cifar_c_dynamo18", v1, net("c", "mean twice"), 18, "option C; mean(3).mean(2)", dynamo=True),
        Case("cifar_b_maxhead", v1, net("b", "max"), 17, "global maximum pooling"),
        Case("cifar_v2_legacy11", v2, net("v2"), 11, "pre-activation"),
        Case(
            "cifar_v2_legacy17_raw", v2, net("v2", "avg_pool, view"), 17, "pre-activation, nothing folded", options=raw
        ),
        Case("cifar_v2_dynamo18", v2, net("v2"), 18, "pre-activation", dynamo=True),
        Case("cifar_b_raw9", v1, net("b"), 9, "no constant folding, weights are inputs, BatchNorm kept", options=raw),
        Case("cifar_b_raw13", v1, net("b"), 13, "no constant folding, weights are inputs, BatchNorm kept", options=raw),
        Case("cifar_shared_relu_legacy13", v1, net("b", shared=True), 13, "one ReLU module used everywhere"),
        Case(
            "cifar_shared_relu_dynamo18", v1, net("b", shared=True), 18, "one ReLU module used everywhere", dynamo=True
        ),
        Case("cifar_two_outputs_legacy17", v1, net("b", features=True), 17, "logits and features", options=two),
        Case(
            "cifar_two_outputs_dynamo18", v1, net("b", features=True), 18, "logits, features", dynamo=True, options=two
        ),
        Case(
            "cifar_preprocessed_legacy13", v1, lambda: Preprocessed(CifarResNet(2, "b")), 13, "(x - mean) / std inside"
        ),
        Case(
            *("cifar_preprocessed_dynamo18", v1, lambda: Preprocessed(CifarResNet(2, "b")), 18),
            *("(x - mean) / std inside, values 0 to 1", SMALL, None, True),
        ),
        Case(
            *("cifar_softmax_legacy13", v1, lambda: nn.Sequential(CifarResNet(2, "b"), nn.Softmax(dim=1)), 13),
            "Softmax at the end",
        ),
    ]


def plain_cases() -> list[Case]:
    """Small networks without shortcuts: VGG, LeNet, MobileNet-v1, kinds of pooling."""
    external = {"external_data": True}
    average, plain = "average pooling", "plain cnn"

    def pool(variant: nn.Module, features: int) -> Callable[[], nn.Module]:
        return lambda: pooling(variant, features)

    return [
        Case("vgg11_legacy11", "vgg", lambda: vgg(VGG11, batchnorm=False), 11, "maximum pooling, Dropout"),
        Case("vgg16bn_legacy13", "vgg", lambda: vgg(VGG16, batchnorm=True), 13, "maximum pooling, BatchNorm, Dropout"),
        Case(
            "vgg16bn_dynamo18",
            "vgg",
            lambda: vgg(VGG16, batchnorm=True),
            18,
            "weights in a file beside it",
            dynamo=True,
            options=external,
        ),
        Case("lenet_view_legacy9", plain, lambda: LeNet("view"), 9, "view(-1, 400), LogSoftmax", (1, 28, 28)),
        Case("lenet_size_legacy17", plain, lambda: LeNet("size"), 17, "view(size(0), -1), LogSoftmax", (1, 28, 28)),
        Case("lenet_dynamo18", plain, lambda: LeNet("flatten"), 18, "flatten, LogSoftmax", (1, 28, 28), dynamo=True),
        Case("squeezing_legacy13", plain, Squeezing, 13, "unsqueeze, 1 x 1 convolution, squeeze, Softmax"),
        Case("squeezing_dynamo18", plain, Squeezing, 18, "unsqueeze, 1 x 1 convolution, squeeze, Softmax", dynamo=True),
        Case("mobilenetv1_small_legacy9", "mobilenet v1", mobilenet_v1, 9, "depthwise, ReLU6 as Clip with attributes"),
        Case("mobilenetv1_small_dynamo18", "mobilenet v1", mobilenet_v1, 18, "depthwise, ReLU6", dynamo=True),
        Case("avgpool_pad", average, pool(nn.AvgPool2d(3, 2, 1), 1024), 13, "padding counted"),
        Case("avgpool_nopad", average, pool(nn.AvgPool2d(3, 2, 1, count_include_pad=False), 1024), 17, "not counted"),
        Case("avgpool_ceil", average, pool(nn.AvgPool2d(3, 2, ceil_mode=True), 1024), 17, "ceil_mode"),
        Case(
            "avgpool_ceil_nopad",
            average,
            pool(nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), 1024),
            13,
            "ceil_mode, padding not counted",
        ),
        Case(
            "avgpool_ceil_dynamo18",
            average,
            pool(nn.AvgPool2d(3, 2, 1, ceil_mode=True), 1024),
            18,
            "ceil_mode, padding counted",
            dynamo=True,
        ),
        Case("maxpool_ceil", "maximum pooling", pool(nn.MaxPool2d(3, 2, ceil_mode=True), 1024), 11, "ceil_mode"),
        Case(
            "adaptive_legacy13",
            average,
            pool(nn.AdaptiveAvgPool2d(8), 256),
            13,
            "adaptive pooling to 8 x 8, batch 1",
            batch=1,
        ),
        Case(
            "adaptive_dynamo18",
            average,
            pool(nn.AdaptiveAvgPool2d(8), 256),
            18,
            "adaptive pooling to 8 x 8",
            batch=1,
            dynamo=True,
        ),
    ]


def library_cases() -> list[Case]:
    """Networks of torchvision and timm for 224 x 224 images; about 1.2 GB in all."""
    vision, timm = load_libraries()
    v1 = "resnet v1"

    def of_timm(name: str) -> Callable[[], nn.Module]:
        return lambda: timm.create_model(name, pretrained=False)

    inline, beside = {"external_data": False}, {"external_data": True}
    return [
        Case("resnet18_tv_legacy9", v1, vision.resnet18, 9, "torchvision", LARGE),
        Case("resnet18_timm_dynamo18", v1, of_timm("resnet18"), 18, "timm", LARGE, None, True, inline),
        Case("resnet50_tv_legacy13", v1, vision.resnet50, 13, "torchvision v1.5", LARGE),
        Case(
            "resnet50_tv_dynamo18",
            v1,
            vision.resnet50,
            18,
            "torchvision v1.5, weights in a file beside it",
            LARGE,
            1,
            True,
            beside,
        ),
        Case(
            "resnetv2_50_timm_dynamo18",
            "resnet v2",
            of_timm("resnetv2_50"),
            18,
            "timm, pre-activation",
            LARGE,
            None,
            True,
            inline,
        ),
        Case(
            "resnet18d_timm_legacy17", "resnet d", of_timm("resnet18d"), 17, "timm, deep stem, AvgPool shortcut", LARGE
        ),
        Case("mobilenetv1_timm_legacy13", "mobilenet v1", of_timm("mobilenetv1_100"), 13, "timm, ReLU6", LARGE),
        Case("mobilenetv2_tv_legacy11", "mobilenet v2", vision.mobilenet_v2, 11, "torchvision, ReLU6", LARGE),
        Case(
            "mobilenetv2_timm_dynamo18",
            "mobilenet v2",
            of_timm("mobilenetv2_050"),
            18,
            "timm, ReLU6",
            LARGE,
            None,
            True,
            inline,
        ),
        Case("densenet121_tv_legacy13", "densenet", vision.densenet121, 13, "torchvision", LARGE),
        Case("resnet34_tv_legacy11", v1, vision.resnet34, 11, "torchvision", LARGE, 1),
        Case("resnext50_tv_legacy17", "resnext", vision.resnext50_32x4d, 17, "torchvision, 32 groups", LARGE),
        Case(
            "wide_resnet50_2_tv_dynamo18",
            "wide resnet",
            vision.wide_resnet50_2,
            18,
            "torchvision",
            LARGE,
            None,
            True,
            beside,
        ),
        Case("resnet152_tv_legacy17", v1, vision.resnet152, 17, "torchvision v1.5", LARGE),
    ]
