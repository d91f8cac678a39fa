"""Keras networks: small ones as people write them, and those of ``keras.applications``."""

import keras
import tensorflow as tf
from keras import layers

CLASSES = 10


def cifar_resnet(version: int, *, rescaling: bool = False) -> keras.Model:
    """Build the CIFAR ResNet of Keras's own example, nine layers deep per stage pair; `version` 1 or 2.

    `rescaling` puts x / 127.5 - 1 into the network, for images with values 0 to 255.
    """
    images = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(images) if rescaling else images
    x = layers.Conv2D(16, 3, padding="same")(x)
    if version == 1:
        x = layers.ReLU()(layers.BatchNormalization()(x))
    channels = 16
    for width, first in ((16, 1), (32, 2), (64, 2)):
        for stride in (first, 1):
            block = _block_v1 if version == 1 else _block_v2
            x = block(x, width, stride, changes=stride != 1 or width != channels)
            channels = width
    if version == 2:
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.Flatten()(layers.AveragePooling2D(8)(x))
    return keras.Model(images, layers.Dense(CLASSES, activation="softmax")(x))


def _block_v1(x: tf.Tensor, width: int, stride: int, *, changes: bool) -> tf.Tensor:
    """Convolution, BatchNorm, ReLU, convolution, BatchNorm, add the shortcut, ReLU."""
    y = layers.Conv2D(width, 3, stride, padding="same", kernel_regularizer="l2")(x)
    y = layers.Activation("relu")(layers.BatchNormalization()(y))
    y = layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same")(y))
    if changes:
        x = layers.Conv2D(width, 1, stride, padding="same")(x)
    return layers.Activation("relu")(layers.add([x, y]))


def _block_v2(x: tf.Tensor, width: int, stride: int, *, changes: bool) -> tf.Tensor:
    """BatchNorm, ReLU, convolution, twice, and add the shortcut."""
    y = layers.Activation("relu")(layers.BatchNormalization()(x))
    if changes:
        x = layers.Conv2D(width, 1, stride, padding="same")(y)
    y = layers.Conv2D(width, 3, stride, padding="same")(y)
    y = layers.Activation("relu")(layers.BatchNormalization()(y))
    return layers.add([x, layers.Conv2D(width, 3, padding="same")(y)])


def vgg(*, batchnorm: bool) -> keras.Model:
    """Build a narrow VGG-16 for 32 x 32 images."""
    network = keras.Sequential([keras.Input((32, 32, 3))])
    for width, repeats in ((16, 2), (32, 2), (64, 3), (128, 3), (128, 3)):
        for _ in range(repeats):
            if batchnorm:
                network.add(layers.Conv2D(width, 3, padding="same", use_bias=False))
                network.add(layers.BatchNormalization())
                network.add(layers.ReLU())
            else:
                network.add(layers.Conv2D(width, 3, padding="same", activation="relu"))
        network.add(layers.MaxPooling2D())
        network.add(layers.Dropout(0.3))
    network.add(layers.Flatten())
    network.add(layers.Dense(64, activation="relu"))
    network.add(layers.Dense(CLASSES))
    return network


def plain() -> keras.Model:
    """Build the network of Keras's first tutorial for grey images: its Flatten depends on the layout."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def application(name: str, size: int) -> keras.Model:
    """Build a network of ``keras.applications`` without weights for `size` x `size` images."""
    return getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3))
