"""Graph -> Graph, one pass a file. ``pipeline`` is the order in which they run."""

from collections.abc import Callable

from snnconv.choices import MaxPooling
from snnconv.errors import InputError
from snnconv.graph.graph import Graph
from snnconv.passes.fold_affine import fold_affine
from snnconv.passes.fold_batchnorm import fold_batchnorm
from snnconv.passes.fold_forward import fold_forward
from snnconv.passes.lower_batchnorm import lower_batchnorm
from snnconv.passes.merge_relu import merge_relu
from snnconv.passes.pool_before_relu import pool_before_relu

Pass = Callable[[Graph], Graph]

PIPELINE: tuple[Pass, ...] = (fold_batchnorm, lower_batchnorm, fold_affine, fold_forward, merge_relu)


def pipeline(max_pooling: MaxPooling) -> tuple[Pass, ...]:
    """Give the passes for a form of max pooling: pooling of currents comes before the neurons."""
    return (*PIPELINE, pool_before_relu) if max_pooling is MaxPooling.CURRENT else PIPELINE


def run(graph: Graph, pipeline: tuple[Pass, ...] = PIPELINE) -> Graph:
    """Run the passes in order; a failure names its pass and the passes before it.

    Raises
    ------
    InputError
        If a pass refuses the graph.
    """
    done: list[str] = []
    for step in pipeline:
        try:
            graph = step(graph)
        except InputError as error:
            before = ", ".join(done) or "none"
            raise type(error)(f"pass {step.__name__} (passes before it: {before}): {error}") from error
        done.append(step.__name__)
    return graph
