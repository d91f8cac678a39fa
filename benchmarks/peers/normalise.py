"""Weight normalisation for simulators that have none: every threshold is 1, scales go into weights.

The scale λ of a layer is a percentile of its activations, zeros included. A convolution from a layer with λ₁ to one
with λ₂ gets W·λ₁/λ₂ and b/λ₂, an identity shortcut the factor λ₁/λ₂ (Hu, Tang, Pan, arXiv:1805.01352, Eq. 5-6).
"""

import operator
from typing import Any

import torch
from torch import fx, nn


class Scale(nn.Module):
    """An identity shortcut that weighs a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scale a tensor of any shape."""
        return x * self.factor


def normalise(module: fx.GraphModule, calibration: torch.Tensor, percentile: float) -> fx.GraphModule:
    """Scale the weights of a module in place and give it.

    Parameters
    ----------
    module : GraphModule
        As `onnx_modules.load` gives it.
    calibration : Tensor (N, C, H, W) float32
        Preprocessed images.
    percentile : float
    """
    scales = _Scales(module, percentile)
    scales.run(calibration)
    of = scales.of
    for node in list(module.graph.nodes):
        if _is(module, node, nn.Conv2d, nn.Linear):
            target = _target(module, node)
            _scale(module.get_submodule(str(node.target)), of[node.args[0]], of[target] if target else 1.0)
        elif node.target is operator.add:
            wanted = of[_target(module, node)]
            for source in node.args:
                if not _is(module, source, nn.Conv2d):
                    _weigh(module, source, node, of[source] / wanted)
    module.recompile()
    return module


class _Scales(fx.Interpreter):
    """Runs the module and notes the scale of the value at each node."""

    def __init__(self, module: fx.GraphModule, percentile: float) -> None:
        super().__init__(module)
        self.of: dict[fx.Node, float] = {}
        self._module, self._share = module, percentile / 100

    def run_node(self, node: fx.Node) -> Any:
        value = super().run_node(node)
        if _is(self._module, node, nn.ReLU):
            flat = value.flatten()
            self.of[node] = flat.kthvalue(max(1, round(self._share * len(flat)))).values.item()
        elif node.op == "placeholder":
            self.of[node] = 1.0
        elif _is(self._module, node, nn.AdaptiveAvgPool2d, nn.AvgPool2d, nn.Flatten):
            self.of[node] = self.of[node.args[0]]
        return value


def _is(module: fx.GraphModule, node: fx.Node, *kinds: type[nn.Module]) -> bool:
    return node.op == "call_module" and isinstance(module.get_submodule(str(node.target)), kinds)


def _target(module: fx.GraphModule, node: fx.Node) -> fx.Node | None:
    """Give the ReLU that a convolution or an addition feeds, None for the classifier."""
    while not _is(module, node, nn.ReLU):
        (user,) = node.users
        if user.op == "output":
            return None
        node = user
    return node


def _scale(layer: nn.Module, source: float, target: float) -> None:
    layer.weight.mul_(source / target)
    if layer.bias is not None:
        layer.bias.div_(target)


def _weigh(module: fx.GraphModule, source: fx.Node, add: fx.Node, factor: float) -> None:
    name = f"scale_{add.name}"
    module.add_submodule(name, Scale(factor))
    with module.graph.inserting_before(add):
        scaled = module.graph.call_module(name, (source,))
    add.replace_input_with(source, scaled)
