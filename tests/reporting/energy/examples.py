"""A network whose operations can be priced by hand, and what each operation costs."""

from typing import Any

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.profile import EnergyProfile
from snnconv.runs.summary_parts import ConnectionSummary, LayerSummary


def layer(**changes: Any) -> LayerSummary:
    """Give a layer of five neurons; 300 MACs of the ReLU network read it."""
    return LayerSummary.model_validate(
        {
            "name": "stem",
            "neurons": 5,
            "spikes_per_image": 10.0,
            "mean_rate": 0.5,
            "synops_per_image": 500.0,
            "fed_operations": 300,
        }
        | changes
    )


LAYERS = (
    layer(),
    layer(name="logits", neurons=0, spikes_per_image=0.0, mean_rate=None, synops_per_image=300.0, fed_operations=0),
)
"""Two layers; the second accumulates for three classes."""


def connection(**changes: Any) -> ConnectionSummary:
    """Give a convolution on the image that feeds the stem."""
    return ConnectionSummary.model_validate(
        {
            "name": "conv",
            "kind": "Conv",
            "feeds": "stem",
            "reads": (),
            "reads_current": True,
            "constant": True,
            "unit_spikes": False,
            "shortcut": False,
            "outputs": 5,
            "biased": True,
            "weights": 20,
            "zero_weights": 0,
            "full_fan_out": 4,
            "strided": False,
            "macs": 50,
            "macs_padded": 60,
            "synops_per_image": 0.0,
        }
        | changes
    )


CONNECTIONS = (
    connection(),
    # spikes of the stem, to itself and to the classes; an identity shortcut beside
    connection(
        name="own",
        reads=("stem",),
        reads_current=False,
        constant=False,
        weights=40,
        macs=650,
        macs_padded=740,
        synops_per_image=400.0,
    ),
    connection(
        name="identity",
        kind="Scale",
        reads=("stem",),
        reads_current=False,
        constant=False,
        weights=1,
        macs=5,
        macs_padded=5,
        synops_per_image=100.0,
    ),
    connection(
        name="dense",
        kind="Dense",
        feeds="logits",
        reads=("stem",),
        reads_current=False,
        constant=False,
        outputs=3,
        weights=15,
        macs=300,
        macs_padded=300,
        synops_per_image=300.0,
    ),
)
"""The weighted nodes of the two layers: 1000 MACs, 1100 with taps on padding, 800 SynOps."""

ANN: dict[str, Any] = {"macs": 1000, "macs_padded": 1100, "parameters": 80, "activations": 8}

SNN: dict[str, Any] = {
    "steps": 4,
    "spikes": 10.0,
    "synops": 800.0,
    "macs_once": 50,
    "macs_each_step": 200,
    "bias_adds": 16,
    "membrane_adds": 20,
    "leaks": 0,
    "comparisons": 20,
    "resets": 10.0,
    "pooling_adds": 0.0,
    "readout_adds": 12,
}


def ann_counts(**changes: Any) -> AnnCounts:
    """Give the ReLU network, or one with changes."""
    return AnnCounts.model_validate(ANN | changes)


def snn_counts(**changes: Any) -> SnnCounts:
    """Give the spiking network, or one with changes."""
    return SnnCounts.model_validate(SNN | changes)


def synops_alone(synops: float) -> SnnCounts:
    """Give a network of which a publication says its SynOps only."""
    none = dict.fromkeys(("bias_adds", "membrane_adds", "leaks", "comparisons", "readout_adds"), 0)
    return snn_counts(**none, synops=synops, spikes=0.0, resets=0.0, macs_once=0, macs_each_step=0)


def cost(pj: float = 2.0, **changes: Any) -> dict[str, Any]:
    """Give a price."""
    return {"pj": pj, "status": "measured", "source": "s", "where": "Table 1"} | changes


def content(**changes: Any) -> dict[str, Any]:
    """Give a profile with a price for a MAC and a SynOp, as JSON has it."""
    return {
        "format": "snnconv.energy-profile",
        "version": 2,
        "id": "mine",
        "title": "My chip",
        "kind": "platform",
        "ann": {"technology": "chip", "technology_nm": 22, "unit": "MAC", "prices": {"mac": cost()}},
        "snn": {"technology": "chip", "technology_nm": 22, "prices": {"synop": cost(1.0)}},
        "omits": ["static power"],
        "sources": [{"key": "s", "cite": "Data sheet"}],
    } | changes


def spiking(**prices: Any) -> dict[str, Any]:
    """Give a side of a profile for the spiking network."""
    return {"technology": "chip", "technology_nm": 22, "prices": prices}


def made(**changes: Any) -> EnergyProfile:
    """Give the profile, or one with changes of its parts."""
    return EnergyProfile.model_validate(content(**changes))
