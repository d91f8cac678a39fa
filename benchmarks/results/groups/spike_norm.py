"""SPIKE-NORM and the constraints on ResNets: Sengupta et al., Tables 1 and 3, Figures 2 to 5."""

from experiment import Experiment, Group, Model
from models import RESNET14_BASIC, RESNET14_JUNCTION, RESNET14_PLAIN, VGG

STEPS = 2500
IMAGES = 200
SEEDS = (0, 1, 2, 3, 4)
SAMPLES = 64
"""Training images that thresholds are balanced on; the paper takes 256."""


def _experiment(model: Model, kind: str, *options: str, spikes: bool = True) -> Experiment:
    balance = ("--balance", "spikes" if spikes else "activations")
    return Experiment(
        model,
        kind,
        ("--preset", "spike-norm", *balance, *options, "--seed", "0"),
        # thresholds from activations come from the calibration
        samples=SAMPLES if spikes else None,
        steps=STEPS,
        images=IMAGES,
        seeds=SEEDS,
    )


GROUP = Group(
    "spike_norm",
    (
        _experiment(VGG, "spikes"),
        _experiment(VGG, "activations", spikes=False),
        _experiment(RESNET14_BASIC, "balanced", "--units", "balanced"),
        _experiment(RESNET14_JUNCTION, "balanced", "--units", "balanced"),
        _experiment(RESNET14_JUNCTION, "one", "--units", "one"),
        _experiment(RESNET14_PLAIN, "one", "--units", "one"),
        _experiment(RESNET14_PLAIN, "activations", "--units", "one", spikes=False),
    ),
)
