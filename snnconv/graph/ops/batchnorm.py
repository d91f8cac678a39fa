"""BatchNormalization in inference mode."""

from snnconv.graph.context import Context, OnnxNode, Unsupported
from snnconv.graph.graph import BatchNorm


def read_batchnorm(node: OnnxNode, context: Context) -> BatchNorm:
    """Read a batch normalisation; it is folded later, by a pass."""
    if node.attributes.get("training_mode", 0):
        raise Unsupported("it is in training mode; export the model in evaluation mode")
    gamma, beta, mean, variance = (context.weights(value) for value in node.inputs[1:5])
    epsilon = float(node.attributes.get("epsilon", 1e-5))
    if (variance < 0).any():
        raise Unsupported("it has a negative variance")
    if not (variance + epsilon > 0).all():
        raise Unsupported(f"a variance of 0 with epsilon={epsilon:g} divides by 0")
    return BatchNorm(
        node.name,
        node.inputs[:1],
        node.output,
        context.shape(node.output),
        gamma=gamma,
        beta=beta,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
    )


READERS = {"BatchNormalization": read_batchnorm}
