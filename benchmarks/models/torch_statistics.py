"""Give an untrained PyTorch network BatchNorm parameters and statistics such as training leaves behind.

A new network has mean 0, variance 1, gamma 1 and beta 0 everywhere, and with these a wrong reading of BatchNorm
goes unnoticed. Statistics drawn without looking at the data make a deep network's values vanish or explode. So
gamma and beta are drawn, mean and variance are measured on random images, and then disturbed.
"""

import torch
from torch import nn

IMAGES = 8


def randomise(network: nn.Module, shape: tuple[int, int, int], seed: int) -> nn.Module:
    """Draw the parameters and statistics of all BatchNorm layers, and biases that are zero.

    Parameters
    ----------
    network : nn.Module
        Network with freshly drawn weights; changed in place.
    shape : tuple of int
        Channels, height and width of the input.
    seed : int
        Seed of everything that is drawn.

    Returns
    -------
    nn.Module
        The same network, in evaluation mode.
    """
    torch.manual_seed(seed)
    layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    with torch.no_grad():
        for layer in layers:
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0.0, 0.2)
            layer.momentum = 1.0  # the batch below replaces the statistics altogether
        for name, parameter in network.named_parameters():
            if name.endswith("bias") and not parameter.any():
                nn.init.normal_(parameter, 0.0, 0.05)
        if layers:
            network.train()
            network(torch.rand(IMAGES, *shape))
        for layer in layers:
            spread = layer.running_var.sqrt()
            layer.running_mean += 0.1 * spread * torch.randn_like(spread)
            layer.running_var *= torch.empty_like(spread).uniform_(0.8, 1.25)
            layer.momentum = 0.1
    return network.eval()
