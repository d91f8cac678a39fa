"""What a user can choose by name.

The library and the command line share these. They stand apart, at the bottom of the tree, because ``--help`` needs
them and must not wait for NumPy or pydantic.
"""

from enum import StrEnum


class Layout(StrEnum):
    """The order of an array's axes; ``auto`` takes the one that fits the model."""

    AUTO = "auto"
    NHWC = "nhwc"
    NCHW = "nchw"


class Interpolation(StrEnum):
    """How pixels are computed when an image is resized."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    LANCZOS = "lanczos"


class ChannelOrder(StrEnum):
    """The order of colour channels that the model takes."""

    RGB = "rgb"
    BGR = "bgr"


class Preset(StrEnum):
    """A published method."""

    PAPER = "paper"
    """Hu, Tang, Pan: Spiking Deep Residual Networks."""
    SPIKE_NORM = "spike-norm"
    """Sengupta, Ye, Wang, Liu, Roy: Going Deeper in Spiking Neural Networks."""


class Compensation(StrEnum):
    """By how much synaptic weights are enlarged against the errors of the layers before; a number is one factor."""

    NONE = "none"
    SEARCH = "search"
    """One factor for the network, searched on images (Hu et al., Eq. 13-14)."""
    LAYERWISE = "layerwise"
    """One factor for each layer, from the input on (Hu et al., first version, section 3.3)."""


class Objective(StrEnum):
    """What a search for a factor makes as good as it can."""

    ERROR = "error"
    """The least mean accumulated error (Hu et al., Eq. 13)."""
    AGREEMENT = "agreement"
    """The most decisions that are the ONNX model's."""


class Reset(StrEnum):
    """What a spike does to the membrane: subtract the threshold, or set it to zero."""

    SUBTRACT = "subtract"
    ZERO = "zero"


class Form(StrEnum):
    """Where a network has its scales; both forms give the same spikes, up to ties in float."""

    WEIGHTS = "weights"
    """Weights are normalised, thresholds are 1."""
    THRESHOLDS = "thresholds"
    """Weights are those of the model, thresholds are balanced (Sengupta et al., section 5)."""


class Balance(StrEnum):
    """From what thresholds are balanced."""

    SPIKES = "spikes"
    """The largest weighted sum of spikes in one step: SPIKE-NORM (Sengupta et al., Algorithm 1)."""
    ACTIVATIONS = "activations"
    """The largest activation of the ONNX model (Diehl et al.), Sengupta et al.'s baseline."""


class Units(StrEnum):
    """Thresholds of the neurons in residual units."""

    ONE = "one"
    """1, as Sengupta et al.'s second constraint asks."""
    BALANCED = "balanced"
    """Balanced like those of all other layers."""


class Granularity(StrEnum):
    """One scale λ for a layer, as in the paper, or one for each channel."""

    LAYER = "layer"
    CHANNEL = "channel"


class Shortcut(StrEnum):
    """What an identity shortcut weighs."""

    NORMALISED = "normalised"
    """λ_in/λ_out (Hu et al., Eq. 5-6)."""
    UNNORMALISED = "unnormalised"
    """1 (the control of Hu et al., Table 2)."""
    EQUAL = "equal"
    """As if its spikes stood for as much as those of the other path: 1 beside unchanged weights (Sengupta et al.)"""


class MaxPooling(StrEnum):
    """How the largest value of a window is found in spikes."""

    GATE = "gate"
    """The spikes of the neuron with the highest rate so far pass (the paper)."""
    CURRENT = "current"
    """Running sums of currents: exact under a constant current, and in the limit elsewhere."""


class ReadoutMode(StrEnum):
    """What the readout accumulates: current, or spikes."""

    CURRENT = "current"
    SPIKES = "spikes"


class Encoding(StrEnum):
    """How the image enters the network."""

    CONSTANT = "constant"
    POISSON = "poisson"
    EVENTS = "events"


class ImageEncoding(StrEnum):
    """What commands offer of `Encoding`: no backend runs events yet."""

    CONSTANT = "constant"
    POISSON = "poisson"


class BackendName(StrEnum):
    """What runs a network; ``auto`` takes the fastest that is there."""

    AUTO = "auto"
    NUMPY = "numpy"
    """Dense sums of every step; the reference."""
    EVENT = "event"
    """A kernel in C that adds up the spikes that there are."""
