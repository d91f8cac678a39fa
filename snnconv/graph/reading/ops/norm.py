"""Norms of an embedding: refused, with the value that may be taken as the output in their place."""

from snnconv.graph.reading.context import Context, OnnxNode, Read, Unsupported


def read_norm(node: OnnxNode, context: Context) -> Read:
    """Refuse a division by a norm, or the norm itself."""
    raise Unsupported(norm_of(node.inputs[0], context))


def norm_of(value: str, context: Context) -> str:
    """Say what to do where a value is divided by its norm.

    Parameters
    ----------
    value : str
        What the norm is of, as the file calls it.
    context : Context
    """
    what = "it divides by a norm, or is one, which has no spiking form"
    if context.view(value) is None and len(context.made_shape(value)) == 1:
        return f"{what}; --output {value} takes the embedding as it is before"
    return f"{what}; train without it"


READERS = {"LpNormalization": read_norm, "ReduceL2": read_norm, "ReduceSumSquare": read_norm}
