"""How image files are brought to the model's size and channel order."""

from pydantic import BaseModel, ConfigDict, Field

from snnconv.choices import ChannelOrder, Interpolation


class Geometry(BaseModel):
    """Resizing, cropping and channel order, in this order.

    Attributes
    ----------
    resize : int or None
        Length of the shorter side after resizing, in pixels; the aspect is kept. None: not resized.
    crop : int or None
        Side of the square cut from the centre, in pixels. None: not cropped.
    interpolation : Interpolation
        Used when resizing.
    channels : ChannelOrder
        ``bgr`` turns RGB data round, arrays with 3 channels too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    resize: int | None = Field(default=None, ge=1)
    crop: int | None = Field(default=None, ge=1)
    interpolation: Interpolation = Interpolation.BILINEAR
    channels: ChannelOrder = ChannelOrder.RGB


DEFAULT_GEOMETRY = Geometry()
