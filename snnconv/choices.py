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


class Granularity(StrEnum):
    """One scale λ for a layer, as in the paper, or one for each channel."""

    LAYER = "layer"
    CHANNEL = "channel"


class Shortcut(StrEnum):
    """Identity shortcuts weigh λ_in/λ_out (Hu et al., Eq. 5-6), or 1 (the paper's control)."""

    NORMALISED = "normalised"
    UNNORMALISED = "unnormalised"


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


class BackendName(StrEnum):
    """What runs a network; ``auto`` takes the fastest that is there."""

    AUTO = "auto"
    NUMPY = "numpy"
    """Dense sums of every step; the reference."""
    EVENT = "event"
    """A kernel in C that adds up the spikes that there are."""
