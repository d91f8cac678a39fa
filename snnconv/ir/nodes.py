"""The nodes of a spiking network: every kind and every parameter that the format carries.

A node holds names of tensors, never arrays. Parameters that are arrays broadcast to the node's shape; one more
leading axis is a step axis. ``docs/file-formats.md`` gives each kind's equation.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from snnconv.choices import Encoding as Encoding
from snnconv.choices import ReadoutMode as ReadoutMode
from snnconv.choices import Reset as Reset

Name = Annotated[str, Field(min_length=1, max_length=512)]
Shape = Annotated[tuple[PositiveInt, ...], Field(min_length=1, max_length=3)]
Ints = tuple[NonNegativeInt, ...]
PositiveInts = tuple[PositiveInt, ...]


class NumberType(StrEnum):
    """Number type of a node's weights, bias and state."""

    FLOAT32 = "float32"
    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"


class NeuronModel(StrEnum):
    """What the membrane does between inputs: nothing (IF) or leak (LIF)."""

    IF = "if"
    LIF = "lif"


class Ties(StrEnum):
    """What decides between classes of equal spike counts: the membrane, or the lower index."""

    MEMBRANE = "membrane"
    INDEX = "index"


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    shape: Shape
    """Output shape of one image, channels first: (C, H, W), (C, L) or (F,)."""
    number_type: NumberType = NumberType.FLOAT32
    source: Name | None = None
    """The ONNX tensor that this node's output stands for."""
    source_scale: Name | None = None
    """Tensor λ (C,) or (): the ONNX tensor is λ times this node's output."""


class Input(_Node):
    """The image: a constant current, a Poisson train of signed spikes, or event frames."""

    kind: Literal["Input"] = "Input"
    amplitude: Annotated[float, Field(gt=0)] | None = None
    """λ_x: what one Poisson spike carries, in the unit of the preprocessed image."""


class Conv(_Node):
    """Convolution: weight (O, I/groups, *kernel), bias broadcasting to the shape. Pads: begins, then ends."""

    kind: Literal["Conv"] = "Conv"
    weight: Name
    bias: Name | None = None
    strides: PositiveInts
    pads: Ints
    dilations: PositiveInts
    groups: PositiveInt = 1
    grid: Name | None = None
    """Tensor q, () or (C,) int16: weights and biases are multiples of 2^-q. None where sums are not exact."""


class Dense(_Node):
    """Full connection: weight (O, I), bias broadcasting to (O,)."""

    kind: Literal["Dense"] = "Dense"
    weight: Name
    bias: Name | None = None
    grid: Name | None = None


class Scale(_Node):
    """One synapse per element: gain times the input, plus an offset as a current. Both broadcast to the shape."""

    kind: Literal["Scale"] = "Scale"
    gain: Name
    offset: Name | None = None
    grid: Name | None = None


class Sum(_Node):
    """The sum of its inputs, each with weight 1."""

    kind: Literal["Sum"] = "Sum"


class SumPool(_Node):
    """Sums over windows. Padding adds nothing."""

    kind: Literal["SumPool"] = "SumPool"
    kernel: PositiveInts
    strides: PositiveInts
    pads: Ints


class Select(_Node):
    """Slices each axis (start, stop, step), then pads it with silence."""

    kind: Literal["Select"] = "Select"
    starts: Ints
    stops: Ints
    steps: PositiveInts
    pads_before: Ints
    pads_after: Ints


class Flatten(_Node):
    """All axes become one, in the order channels, rows, columns."""

    kind: Literal["Flatten"] = "Flatten"


class Concat(_Node):
    """Joins its inputs along one axis, in the order of their edges."""

    kind: Literal["Concat"] = "Concat"
    axis: NonNegativeInt


class Neuron(_Node):
    """An IF or LIF neuron per element.

    In a step: V := leak · V (LIF), V := V + input, a spike where V ≥ threshold (signed: also a negative one where
    V ≤ −threshold), then the reset.
    """

    kind: Literal["Neuron"] = "Neuron"
    model: NeuronModel = NeuronModel.IF
    threshold: Name
    initial_potential: Name | None = None
    """Membrane before the first step, in the unit of the threshold. None is 0."""
    leak: Name | None = None
    """Factor on the membrane per step, for LIF."""
    refractory: NonNegativeInt = 0
    """Steps without spikes after a spike."""
    reset: Reset = Reset.SUBTRACT
    signed: bool = False
    spike_value: Name | None = None
    """What one spike carries to its readers. None is 1."""
    start: NonNegativeInt = 0
    window: PositiveInt | None = None
    """W: integrate W steps from `start`, then fire for W steps on no input. None: fire while integrating."""
    input_source: Name | None = None
    """The ONNX tensor that the summed input of this neuron, in units of the threshold, stands for under the same λ."""


class MaxPoolGate(_Node):
    """Passes the spikes of the input with the highest rate so far in each window (Hu et al. section 3.1).

    The gate stays at an input until another one has strictly more. Padding never wins. It reads spikes.
    """

    kind: Literal["MaxPoolGate"] = "MaxPoolGate"
    kernel: PositiveInts
    strides: PositiveInts
    pads: Ints


class MaxPoolCurrent(_Node):
    """The step's increase of the largest running sum in each window: M(t) − M(t−1), M(0) = 0.

    Of a constant current that is the plain maximum. Padding never wins. It gives the kind that it reads.
    """

    kind: Literal["MaxPoolCurrent"] = "MaxPoolCurrent"
    kernel: PositiveInts
    strides: PositiveInts
    pads: Ints


class Readout(_Node):
    """The end of the network: accumulates current or counts spikes, from step `start` on."""

    kind: Literal["Readout"] = "Readout"
    mode: ReadoutMode
    ties: Ties = Ties.MEMBRANE
    start: NonNegativeInt = 0


Node = Annotated[
    Input
    | Conv
    | Dense
    | Scale
    | Sum
    | SumPool
    | Select
    | Flatten
    | Concat
    | Neuron
    | MaxPoolGate
    | MaxPoolCurrent
    | Readout,
    Field(discriminator="kind"),
]

Weighted = Conv | Dense | Scale
WEIGHTED = (Conv, Dense, Scale)

# the fields of each kind that name parameters; `grid` and `source_scale` name tensors too
TENSOR_FIELDS: dict[str, tuple[str, ...]] = {
    "Conv": ("weight", "bias"),
    "Dense": ("weight", "bias"),
    "Scale": ("gain", "offset"),
    "Neuron": ("threshold", "initial_potential", "leak", "spike_value"),
}


class Edge(BaseModel):
    """A connection. `delay` is in time steps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Name
    target: Name
    delay: NonNegativeInt = 0
