"""BatchNormalization in inference mode."""

import numpy as np

from snnconv.graph.graph import Affine, BatchNorm
from snnconv.graph.reading.context import Context, OnnxNode, Unsupported

_ALWAYS_INFERENCE = 14  # before this opset, more outputs than one meant training


def read_batchnorm(node: OnnxNode, context: Context) -> BatchNorm | Affine:
    """Read a batch normalisation; it is folded later, by a pass. With spatial=0 it is a scale for each element."""
    older = node.version < _ALWAYS_INFERENCE and any(node.outputs[1:])
    if node.attributes.get("training_mode", 0) or older:
        raise Unsupported("it is in training mode; export the model in evaluation mode")
    gamma, beta, mean, variance = (context.weights(value) for value in node.inputs[1:5])
    shape = context.shape(node.inputs[0])
    by_element = not node.attributes.get("spatial", 1)
    for value in (gamma, beta, mean, variance):
        if value.shape != (shape if by_element else shape[:1]):
            raise Unsupported(f"it has statistics of shape {value.shape} for an input of shape {shape}")
    epsilon = node.number("epsilon", 1e-5)
    if (variance < 0).any():
        raise Unsupported("it has a negative variance")
    if not (variance + epsilon > 0).all():
        raise Unsupported(f"a variance of 0 with epsilon={epsilon:g} divides by 0")
    source = context.channels_first(node.inputs[0])
    if by_element:
        gain = gamma / np.sqrt(variance + epsilon)
        return Affine(node.name, (source,), node.output, shape, gain=gain, offset=beta - mean * gain)
    return BatchNorm(
        node.name,
        (source,),
        node.output,
        context.shape(node.output),
        gamma=gamma,
        beta=beta,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
    )


READERS = {"BatchNormalization": read_batchnorm}
