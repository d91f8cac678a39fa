"""Compare our metrics of NeuroBench with those of its package, on the networks of ``networks.py``.

Needs torch, snntorch and neurobench beside snnconv's own dependencies:

    PYTHONPATH=. python benchmarks/neurobench/compare.py [--out benchmarks/neurobench/package.json]

Prints both as JSON; exit 1 where they differ. With --out writes what the package says: the tests compare with that
file and so need no torch. Footprints differ by what simulators keep beside the weights, and are compared without it.
"""

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import snntorch
import torch
from networks import STEPS, Case, Layer, cases, spiking
from neurobench.benchmarks import Benchmark
from neurobench.metrics.static import ConnectionSparsity, Footprint, ParameterCount
from neurobench.metrics.workload import ActivationSparsity, MembraneUpdates, SynapticOperations
from neurobench.models import SNNTorchModel
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from snnconv.measuring.neurobench import neurobench
from snnconv.runtime.backends.numpy_backend import NumpyBackend

STATIC = [Footprint, ConnectionSparsity, ParameterCount]
WORKLOAD = [ActivationSparsity, SynapticOperations, MembraneUpdates]


class Network(nn.Module):
    """A case in PyTorch."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self._layers = case.layers
        self.parts = nn.ModuleDict({layer.name: _module(layer) for layer in case.layers})

    def reset(self) -> None:
        """Clear all membranes, as the package does before each batch; snnTorch's own reset misses nested modules."""
        for part in self.parts.values():
            if isinstance(part, snntorch.Leaky):
                part.reset_mem()

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Run a step; the package wants a pair."""
        values = {"image": image}
        for layer in self._layers:
            values[layer.name] = self.parts[layer.name](sum(values[name] for name in layer.reads))
        return values[self._layers[-1].name], None


def _module(layer: Layer) -> nn.Module:
    weight = None if layer.weight is None else torch.from_numpy(layer.weight.copy())
    if layer.kind == "neurons":
        # the reset within the step, as here; snnTorch's own comes a step later
        beta = 1.0 if layer.leak is None else layer.leak
        return snntorch.Leaky(beta=beta, init_hidden=True, reset_mechanism="subtract", reset_delay=False)
    if layer.kind == "sum_pool":
        return nn.AvgPool2d(layer.stride, divisor_override=1)
    if layer.kind == "flatten" or weight is None:
        return nn.Flatten()
    made: nn.Module
    if layer.kind == "linear":
        made = nn.Linear(weight.shape[1], weight.shape[0], bias=layer.bias is not None)
    elif layer.kind == "scale":
        made = nn.Conv2d(len(weight), len(weight), 1, groups=len(weight), bias=False)
        weight = weight.reshape(-1, 1, 1, 1)
    else:
        size = (weight.shape[1] * layer.groups, weight.shape[0], tuple(weight.shape[2:]))
        options = {"stride": layer.stride, "padding": layer.padding, "groups": layer.groups}
        made = nn.Conv2d(*size, **options, bias=layer.bias is not None)
    made.weight.data = weight
    if layer.bias is not None:
        made.bias.data = torch.from_numpy(layer.bias.copy())
    return made


def of_package(case: Case) -> dict[str, Any]:
    """Give the package's metrics, images one by one."""
    network = Network(case)
    images = torch.from_numpy(case.images)
    repeated = images[:, None].expand(-1, STEPS, *images.shape[1:]).contiguous()
    data = TensorDataset(repeated, torch.zeros(len(images)))
    with torch.no_grad():
        benchmark = Benchmark(SNNTorchModel(network), DataLoader(data, batch_size=1), [], [], [STATIC, WORKLOAD])
        found = benchmark.run(quiet=True)
    weights = sum(p.numel() * p.element_size() for p in network.parameters())
    found["Footprint of weights and biases"] = weights
    return {key: dict(value) if isinstance(value, dict) else value for key, value in found.items()}


def ours(case: Case) -> dict[str, Any]:
    """Give the same of snnconv."""
    network = spiking(case)
    found = neurobench(network, case.images, STEPS, NumpyBackend(batch=2, chunk=1)).model_dump()
    neurons = sum(array.nbytes for name, array in network.tensors.items() if name.endswith((".threshold", ".leak")))
    return found | {"Footprint of weights and biases": found["Footprint"] - neurons}


def _same(here: Any, there: Any) -> bool:
    if isinstance(here, dict):
        return all(_same(here[key], there[key]) for key in here)
    return bool(np.isclose(here, there, rtol=1e-12, atol=0))


def main() -> int:
    """Compare all networks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="where to write what the package says")
    options = parser.parse_args()
    versions = {name: version(name) for name in ("neurobench", "snntorch", "torch")}
    package: dict[str, Any] = {}
    different = []
    for case in cases():
        package[case.name] = of_package(case)
        made = ours(case)
        sys.stdout.write(
            json.dumps({"case": case.name, "package": package[case.name], "snnconv": made}, indent=2) + "\n"
        )
        different += [
            f"{case.name}: {key} is {made[key]} here and {package[case.name][key]} there"
            for key in made
            if key != "Footprint" and not _same(made[key], package[case.name][key])
        ]
    sys.stdout.writelines(f"{line}\n" for line in different or ["no metric differs"])
    if options.out:
        content = {"versions": versions, "steps": STEPS, "metrics": package}
        options.out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
