"""How image files are brought to the model's size and channel order."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from snnconv.choices import ChannelOrder, Interpolation
from snnconv.errors import UsageError

Pixels = Annotated[int, Field(ge=1)]
Size = Pixels | tuple[Pixels, Pixels]
"""One number, or height and width."""


class Geometry(BaseModel):
    """Resizing, cropping and channel order, in this order.

    Attributes
    ----------
    resize : int or (int, int) or None
        Length of the shorter side after resizing, in pixels; the aspect is kept. Or height and width, whatever the
        aspect was. None: not resized.
    crop : int or (int, int) or None
        Side of the square cut from the centre, in pixels, or height and width. None: not cropped.
    interpolation : Interpolation
        Used when resizing.
    channels : ChannelOrder
        ``bgr`` turns RGB data round, arrays with 3 channels too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    resize: Size | None = None
    crop: Size | None = None
    interpolation: Interpolation = Interpolation.BILINEAR
    channels: ChannelOrder = ChannelOrder.RGB


DEFAULT_GEOMETRY = Geometry()

# more digits than any image has pixels
_SIZE = re.compile(r"\s*([0-9]{1,9})\s*(?:,\s*([0-9]{1,9})\s*)?")


def read_size(text: str, option: str) -> Size:
    """Read ``N`` or ``H,W``.

    Parameters
    ----------
    text : str
    option : str
        ``--resize`` or ``--crop``, for messages.

    Raises
    ------
    UsageError
        If it is neither, or a number is 0.
    """
    found = _SIZE.fullmatch(text)
    numbers = [] if found is None else [int(number) for number in found.groups() if number is not None]
    if not numbers or min(numbers) < 1:
        raise UsageError(
            f"{option} is {text!r}, expected N or H,W: one number of pixels, or height and width with a comma "
            "between them"
        )
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])


def size_text(size: Size) -> str:
    """Give what `read_size` reads."""
    return str(size) if isinstance(size, int) else f"{size[0]},{size[1]}"
