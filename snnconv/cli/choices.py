"""The choices that options offer.

They repeat enums of the library, so that ``--help`` need not import NumPy and pydantic. A test compares them.
"""

from enum import StrEnum


class Layout(StrEnum):
    """As `snnconv.data.Layout`."""

    AUTO = "auto"
    NHWC = "nhwc"
    NCHW = "nchw"


class Interpolation(StrEnum):
    """As `snnconv.data.Interpolation`."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    LANCZOS = "lanczos"


class ChannelOrder(StrEnum):
    """As `snnconv.data.ChannelOrder`."""

    RGB = "rgb"
    BGR = "bgr"


class Preset(StrEnum):
    """As `snnconv.conversion.options.Preset`."""

    PAPER = "paper"


class Granularity(StrEnum):
    """As `snnconv.conversion.options.Granularity`."""

    LAYER = "layer"
    CHANNEL = "channel"


class Shortcut(StrEnum):
    """As `snnconv.conversion.options.Shortcut`."""

    NORMALISED = "normalised"
    UNNORMALISED = "unnormalised"


class ReadoutMode(StrEnum):
    """As `snnconv.ir.nodes.ReadoutMode`."""

    CURRENT = "current"
    SPIKES = "spikes"


class Backend(StrEnum):
    """As `snnconv.runtime.backends.BackendName`."""

    AUTO = "auto"
    NUMPY = "numpy"


class Encoding(StrEnum):
    """As `snnconv.ir.nodes.Encoding`."""

    CONSTANT = "constant"
    POISSON = "poisson"
    EVENTS = "events"
