"""Observations as a run would give them, random but fixed."""

from typing import Any

import numpy as np

from snnconv.account.neurobench import NeuroBench, SynapticOperations
from snnconv.runs.observation import (
    DENSITY_BINS,
    RATE_BINS,
    ErrorGrowth,
    FeatureMap,
    LayerErrors,
    Observation,
    ObservedImage,
    ObservedLayer,
    Raster,
    RasterRow,
)
from tests.reporting.page.made import Made

Array = np.ndarray[Any, Any]


def make_observation(made: Made, rng: np.random.Generator) -> Observation:
    layers = tuple(_observed(made, rng, depth, name) for depth, name in enumerate(made.layers, start=1))
    mapped = made.layers[:: max(1, -(-made.depth // 8))]
    rows = []
    for depth, name in enumerate(made.layers):
        for neuron, rate in enumerate((0.6, 0.3, 0.1)):
            fired = (np.arange(1, made.steps + 1)[rng.random(made.steps) < rate]).tolist()
            rows.append(RasterRow(layer=name, neuron=(depth, neuron, 0), steps=tuple(fired)))
    return Observation(
        network_sha256="a1" * 32,
        steps=made.steps,
        encoding="constant",
        seed=None,
        images=tuple(
            ObservedImage(
                position=k,
                label=k % made.classes if made.labels else None,
                decision=k % made.classes,
                model_decision=k % made.classes if made.reference else None,
                picture=_picture(made, rng) if k < 2 else None,
            )
            for k in range(16)
        ),
        layers=layers,
        growth=ErrorGrowth(p=0.01, q=1.1, adjusted_r2=0.87) if made.reference else None,
        raster=Raster(image=0, rows=tuple(rows)),
        neurobench=NeuroBench(
            Footprint=1000,
            ParameterCount=250,
            ConnectionSparsity=0.0,
            ActivationSparsity=0.875,
            SynapticOperations=SynapticOperations(Effective_MACs=1234.0, Effective_ACs=98765.0, Dense=4e6),
            MembraneUpdates=54321.0,
        ),
        maps=tuple(_map(made, rng, image, name) for image in range(2) for name in mapped),
    )


def _picture(made: Made, rng: np.random.Generator) -> Any:
    return rng.integers(0, 256, (made.side, made.side, 3)).tolist()


def _blob(side: int, rng: np.random.Generator) -> Array:
    y, x = np.mgrid[0:side, 0:side] / side
    cy, cx = rng.random(2)
    return np.asarray(1.1 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) * 8))


def _map(made: Made, rng: np.random.Generator, image: int, name: str) -> FeatureMap:
    activation = _blob(made.side, rng)
    rate = (
        np.clip(np.floor(np.clip(activation, 0, 1) * made.steps - rng.random(activation.shape)), 0, None) / made.steps
    )
    return FeatureMap(
        image=image,
        layer=name,
        channel=int(rng.integers(0, 16)),
        rate=tuple(tuple(row) for row in rate.round(4).tolist()),
        activation=tuple(tuple(row) for row in activation.round(4).tolist()) if made.reference else None,
    )


def _observed(made: Made, rng: np.random.Generator, depth: int, name: str) -> ObservedLayer:
    neurons = 16 * made.side**2 * 16
    activation = np.clip(rng.exponential(0.15, neurons) - 0.1, 0, None)
    noise = rng.normal(0, 0.01 * depth**0.5, neurons)
    rate = np.clip(np.floor(np.clip(activation + noise, 0, 1) * made.steps) / made.steps, 0, 1)
    rates = np.histogram(rate, bins=RATE_BINS, range=(0, 1))[0]
    grid = np.histogram2d(np.minimum(activation, 1.19), rate, bins=DENSITY_BINS, range=((0, 1.2), (0, 1)))[0]
    cells = tuple((int(a), int(b), int(grid[a, b])) for a, b in zip(*grid.nonzero(), strict=True))
    error = np.clip(activation, 0, 1) - rate
    errors = LayerErrors(
        depth=depth,
        name=name,
        source=name,
        neurons=neurons,
        mean_rate=float(rate.mean()),
        highest_rate=float(rate.max()),
        mean_highest_rate=float(rate.max()),
        local_error=float(error.mean()) / 2,
        absolute_local_error=float(np.abs(error).mean()) / 2,
        error=float(error.mean()),
        absolute_error=float(np.abs(error).mean()),
        most_active_error=float(0.01 * 1.1**depth + rng.normal(0, 0.001)),
        saturated=float((activation > 1).mean()),
        silent=float(((rate == 0) & (activation > 0)).mean()),
        correlation=float(np.corrcoef(activation, rate)[0, 1]),
    )
    return ObservedLayer(
        depth=depth,
        name=name,
        shape=(16, made.side, made.side),
        mean_rate=float(rate.mean()),
        highest_rate=float(rate.max()),
        silent_neurons=float((rate == 0).mean()),
        rates=tuple(int(v) for v in rates),
        never_fired=int((rate == 0).sum()),
        membrane_updates=None,
        errors=errors if made.reference else None,
        density=cells if made.reference else None,
    )
