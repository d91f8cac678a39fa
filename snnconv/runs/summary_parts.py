"""The parts of ``summary.json``: layers, weighted nodes, operations, what was simulated."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, NonNegativeFloat, NonNegativeInt, PositiveInt

from snnconv.files.names import plain_values
from snnconv.files.records import Name, Record, Share


class LayerSummary(Record):
    """A layer of neurons, or the readout, at the last step."""

    name: Name
    neurons: NonNegativeInt
    """0 for a readout that accumulates current."""
    spikes_per_image: NonNegativeFloat
    mean_rate: Share | None
    """Spikes / (neurons × steps); None without neurons."""
    synops_per_image: NonNegativeFloat
    """Synaptic operations that feed the layer."""
    fed_operations: NonNegativeInt | None = None
    """Dense synaptic operations that one value of every neuron causes in what reads it; None in older runs."""
    synapses: tuple[NonNegativeInt, ...] | None = None
    """Rows of ``synops`` in the parts that feed the layer; None in older runs."""
    shape: tuple[PositiveInt, ...] | None = None
    """Of one image, channels first; None in older runs, as all that follows."""
    leaky: bool | None = None
    """Whether they are LIF neurons, whose membranes are multiplied by a leak at every step."""
    biased_neurons: NonNegativeInt | None = None
    """Neurons, or classes of a readout of current, whose input has a current of biases."""
    macs: NonNegativeInt | None = None
    """MACs of the ReLU network in the nodes that feed the layer, taps on padding left out."""
    macs_padded: NonNegativeInt | None = None
    """The same, taps on padding counted."""


class ConnectionSummary(Record):
    """A weighted node, in the order of the rows of ``synops`` in the parts; see `snnconv.account.weighted_nodes`."""

    name: Name
    kind: Literal["Conv", "Dense", "Scale"]
    feeds: Name | None
    """The layer that it belongs to; None where its current leads nowhere."""
    reads: tuple[Name, ...]
    """The layers of neurons whose spikes arrive at it."""
    reads_current: bool
    """Whether it makes MACs: it reads the image as a current, or another node's."""
    constant: bool
    """Whether what it reads is the same at every step."""
    unit_spikes: bool
    """Whether everything that it reads is −1, 0 or 1."""
    shortcut: bool
    """Whether another node that feeds the same layer reads a later one."""
    outputs: PositiveInt
    biased: bool
    """Whether it has a bias or an offset."""
    weights: NonNegativeInt
    zero_weights: NonNegativeInt
    """Weights or gains as the file has them, and how many of them are 0."""
    full_fan_out: PositiveInt
    """Synapses at an input that is not near a border, at stride 1."""
    strided: bool
    macs: NonNegativeInt
    macs_padded: NonNegativeInt
    """Of one evaluation as a dense operation; taps on padding left out, and counted."""
    synops_per_image: NonNegativeFloat
    """At the last step."""


class Operations(Record):
    """Dense multiply-accumulates (MACs) for one image."""

    ann_macs: NonNegativeInt
    """Of the ReLU network; taps on padding left out, as in SynOps."""
    ann_macs_padded: NonNegativeInt
    """Of the ReLU network; taps on padding counted, as most papers do."""
    constant_macs: NonNegativeInt
    """Of the spiking network on constant currents: once an image, or at every step if nothing is cached."""
    changing_macs_per_step: NonNegativeInt
    """Of the spiking network on currents that change: at every step."""
    macs_on_spikes: NonNegativeInt | None = None
    """Of the ReLU network, in the nodes that read spikes of neurons; None in older runs."""


class NetworkSummary(Record):
    """The network that was simulated."""

    name: Name
    sha256: str
    source_name: Name | None
    method: Name
    options: Annotated[dict[str, Any], BeforeValidator(plain_values)]
    citations: tuple[Name, ...]


class DataSummary(Record):
    """The images that were simulated."""

    name: Name
    sha256: str


def reported_steps(steps: int) -> list[int]:
    """Give 1, 2, 4 … and the last step."""
    powers = [1 << k for k in range(steps.bit_length()) if 1 << k < steps]
    return [*powers, steps]
