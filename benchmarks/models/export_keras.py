"""Export Keras networks with random weights to ONNX files with tf2onnx.

Example::

    python benchmarks/models/export_keras.py zoo --only keras_cifar

Needs tensorflow-cpu, tf2onnx and onnx; ``README.md`` beside this file names the versions.
"""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported

import keras
import keras_networks as networks
import onnx
import tensorflow as tf
import tf2onnx
from cases_main import make_all, new_parser
from index_file import Entry
from keras_statistics import randomise


@dataclass(frozen=True)
class Case:
    """One file to export; `nchw` lets tf2onnx turn the input to channels first, `batch` None is a dynamic batch.

    Images have values from 0 to `largest`.
    """

    name: str
    family: str
    build: Callable[[], keras.Model]
    opset: int
    notes: str
    nchw: bool = False
    batch: int | None = None
    largest: float = 1.0


def cases() -> list[Case]:
    """Name all Keras exports."""
    v1 = functools.partial(networks.cifar_resnet, 1)
    v2 = functools.partial(networks.cifar_resnet, 2)
    vgg, application = networks.vgg, networks.application
    densenet = functools.partial(application, "DenseNet121", 64)
    mobilenet = functools.partial(application, "MobileNet", 64)
    resnet, resnet_v2 = functools.partial(application, "ResNet50", 64), functools.partial(application, "ResNet50V2", 64)
    rescaled = functools.partial(v1, rescaling=True)
    return [
        Case("keras_cifar_v1_opset9", "resnet v1", v1, 9, "Softmax at the end"),
        Case("keras_cifar_v1_opset13", "resnet v1", v1, 13, "Softmax at the end"),
        Case("keras_cifar_v1_opset15_nchw", "resnet v1", v1, 15, "inputs_as_nchw", nchw=True),
        Case("keras_cifar_v1_opset18", "resnet v1", v1, 18, "Softmax at the end", batch=1),
        Case("keras_cifar_v1_rescaling", "resnet v1", rescaled, 17, "x / 127.5 - 1 inside, 0 to 255", largest=255.0),
        Case("keras_cifar_v2_opset11", "resnet v2", v2, 11, "pre-activation, Softmax at the end"),
        Case("keras_cifar_v2_opset17", "resnet v2", v2, 17, "pre-activation, Softmax at the end"),
        Case("keras_vgg16_opset11", "vgg", functools.partial(vgg, batchnorm=False), 11, "maximum pooling, Dropout"),
        Case("keras_vgg16bn_opset15", "vgg", functools.partial(vgg, batchnorm=True), 15, "maximum pooling, BatchNorm"),
        Case("keras_plain_opset9", "plain cnn", networks.plain, 9, "Flatten of channels-last values"),
        Case("keras_plain_opset17", "plain cnn", networks.plain, 17, "Flatten of channels-last values"),
        Case("keras_mobilenet_opset11", "mobilenet v1", mobilenet, 11, "ReLU6, depthwise, Softmax at the end"),
        Case("keras_mobilenet_opset17", "mobilenet v1", mobilenet, 17, "ReLU6, depthwise, inputs_as_nchw", nchw=True),
        Case("keras_densenet_opset13", "densenet", densenet, 13, "keras.applications, Softmax at the end"),
        Case("keras_resnet50_opset13", "resnet v1", resnet, 13, "keras.applications, Softmax at the end"),
        Case("keras_resnet50v2_opset15", "resnet v2", resnet_v2, 15, "keras.applications, pre-activation"),
    ]


def export(case: Case, folder: Path, seed: int) -> Entry:
    """Build the network of a case, write it as an ONNX file into the folder, and return its index entry."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    network = case.build()
    randomise(network, case.largest, seed)
    height, width, channels = network.input_shape[1:]
    signature = [tf.TensorSpec((case.batch, height, width, channels), tf.float32, name="input")]
    model, _ = tf2onnx.convert.from_keras(
        network, signature, opset=case.opset, inputs_as_nchw=["input"] if case.nchw else None
    )
    path = folder / f"{case.name}.onnx"
    onnx.save(model, str(path))
    return Entry(
        file=path.name,
        family=case.family,
        exported_by=f"tf2onnx {tf2onnx.__version__} (Keras {keras.__version__})",
        opset=next(opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx")),
        input=[channels, height, width],
        layout="nchw" if case.nchw else "nhwc",
        notes=case.notes + ("" if case.batch is None else f"; batch fixed at {case.batch}"),
    )


def main() -> None:
    """Export the chosen cases."""
    parser = new_parser(
        "Export Keras networks with random weights to ONNX files with tf2onnx.",
        "export_keras.py zoo --only keras_cifar",
    )
    make_all(parser.parse_args(), cases(), export)


if __name__ == "__main__":
    main()
