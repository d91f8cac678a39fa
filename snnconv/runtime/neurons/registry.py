"""Which neurons run which rule."""

from functools import cache
from typing import Any

from snnconv.errors import NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.parts import merged
from snnconv.runtime.neurons.neurons import Neurons


@cache
def neurons() -> dict[str, type[Neurons[Any]]]:
    """Give what runs each rule: ``NEURONS`` of the modules of this folder."""
    return merged("snnconv.runtime.neurons", "NEURONS")


def neurons_of(node: ir.Neuron) -> type[Neurons[Any]]:
    """Give what runs the rule of a layer.

    Raises
    ------
    NotRunnableError
        If nothing does.
    """
    known = neurons()
    if node.rule.kind not in known:
        raise NotRunnableError(
            f"node {node.name}: neurons of the rule {node.rule.kind}, which the runtime does not run yet; it runs "
            f"{', '.join(sorted(known))}"
        )
    return known[node.rule.kind]
