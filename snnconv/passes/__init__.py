"""Graph -> Graph, one pass a file. ``PIPELINE`` is the order in which they run."""

from collections.abc import Callable

from snnconv.errors import InputError
from snnconv.graph.graph import Graph
from snnconv.passes.fold_batchnorm import fold_batchnorm
from snnconv.passes.lower_batchnorm import lower_batchnorm

Pass = Callable[[Graph], Graph]

PIPELINE: tuple[Pass, ...] = (fold_batchnorm, lower_batchnorm)


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
