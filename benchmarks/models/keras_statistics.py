"""Give an untrained Keras network BatchNorm parameters and statistics such as training leaves behind.

As for PyTorch (``torch_statistics.py``): gamma, beta and zero biases are drawn, mean and variance are measured on
random images and then disturbed.
"""

import keras
import numpy as np

IMAGES = 8


def randomise(network: keras.Model, largest: float, seed: int) -> None:
    """Draw the parameters and statistics of all BatchNorm layers, and biases that are zero; changes in place.

    Parameters
    ----------
    network : keras.Model
        Network with freshly drawn weights.
    largest : float
        Images have values from 0 to this.
    seed : int
        Seed of everything that is drawn.
    """
    generator = np.random.default_rng(seed)
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in norms:
        scale = generator.uniform(0.5, 1.5, layer.gamma.shape)
        layer.set_weights([scale, generator.normal(0, 0.2, layer.beta.shape), *layer.get_weights()[2:]])
        layer.momentum = 0.0  # the batch below replaces the statistics altogether
    for layer in network.layers:
        bias = getattr(layer, "bias", None)
        if bias is not None and not np.any(bias.numpy()):
            bias.assign(generator.normal(0, 0.05, bias.shape))
    if norms:
        images = largest * generator.random((IMAGES, *network.input_shape[1:]), dtype=np.float32)
        network(images, training=True)
    for layer in norms:
        gamma, beta, mean, variance = layer.get_weights()
        mean = mean + 0.1 * np.sqrt(variance) * generator.standard_normal(mean.shape)
        variance = variance * generator.uniform(0.8, 1.25, variance.shape)
        layer.set_weights([gamma, beta, mean, variance])
        layer.momentum = 0.99
