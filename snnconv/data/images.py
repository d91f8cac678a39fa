"""One image file: decoded, resized, cropped."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

from snnconv.choices import Interpolation
from snnconv.data.geometry import Geometry, Size, size_text
from snnconv.data.overheard import libtiff_heard, warnings_heard
from snnconv.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
# an image file larger than this is refused, and never more than this is read
MAX_FILE_BYTES = 64 * 2**20

# only these decoders are tried, whatever the suffix says
_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "PPM")
# below the limit at which Pillow starts to warn
_MAX_PIXELS = 2**26
_MODES = {1: "L", 3: "RGB"}
_EIGHT_BIT = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
_RESAMPLING = {
    Interpolation.NEAREST: Image.Resampling.NEAREST,
    Interpolation.BILINEAR: Image.Resampling.BILINEAR,
    Interpolation.BICUBIC: Image.Resampling.BICUBIC,
    Interpolation.LANCZOS: Image.Resampling.LANCZOS,
}
# Pillow's decoders raise all of these on damaged files
_DECODING_ERRORS = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, EOFError),
    *(RuntimeError, MemoryError, struct.error, zlib.error),
)


def decode(data: bytes, channels: int, what: str, note: Callable[[str], None] = lambda text: None) -> Image.Image:
    """Decode an image file to 8 bits per channel.

    Parameters
    ----------
    data : bytes
        The file.
    channels : int
        1 for grey, 3 for red, green and blue.
    what : str
        The image, as messages name it.
    note : callable
        Told what is odd with a file that can be used.

    Raises
    ------
    DataError
        If the file is damaged, too large, or has more than 8 bits per channel.
    """
    try:
        with warnings_heard() as odd, Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_pixels(image.size, what)
            _check_mode(image.mode, what)
            _load(image, what)
            # a palette with several transparent colours has no direct way to RGB
            palette = image.mode == "P" and "transparency" in image.info
            result = (image.convert("RGBA") if palette else image).convert(_MODES[channels])
            remarks = _remarks(image)
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise DataError(
            f"{what} has more than {_MAX_PIXELS} pixels, at most so many are read; make it smaller"
        ) from error
    except UnidentifiedImageError as error:
        # Pillow's words have an address in them
        reason = f"it is none of {', '.join(_FORMATS)}"
        raise DataError(f"{what} is no image that can be read: {reason}; replace or remove it") from error
    except _DECODING_ERRORS as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{what} is no image that can be read: {reason}; replace or remove it") from error
    for text in dict.fromkeys((*odd, *remarks)):
        note(text)
    return result


def _remarks(image: Image.Image) -> list[str]:
    """Say what of a decoded file is not used, and what other programs may use."""
    remarks = []
    # torchvision and Keras do not turn images either, OpenCV does; those in TIFFs are turned by Pillow
    if image.format != "TIFF" and _orientation(image) != 1:
        remarks.append("its EXIF orientation is not applied; if the training turned images by it, save them turned")
    if getattr(image, "is_animated", False):
        remarks.append("it has several pictures, the first is taken")
    return remarks


def _orientation(image: Image.Image) -> Any:
    """Give the orientation in the EXIF data; 1, as it is, where there are none that can be read."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DECODING_ERRORS:
        return 1


def _load(image: Image.Image, what: str) -> None:
    if image.format != "TIFF":
        image.load()
        return
    try:
        with libtiff_heard() as complaints:
            image.load()
    except _DECODING_ERRORS as error:
        # what libtiff says is clearer than the number that Pillow makes of it
        if complaints:
            raise OSError(complaints[0]) from error
        raise
    # Pillow takes what came out before the damage
    if complaints:
        raise DataError(f"{what} is damaged: {complaints[0]}; replace or remove it")


def fit(image: Image.Image, geometry: Geometry, size: tuple[int, int], what: str) -> Image.Image:
    """Resize and crop an image, as torchvision's ``Resize`` and ``CenterCrop`` do.

    Parameters
    ----------
    image : Image
        A decoded image.
    geometry : Geometry
        What to do; its channel order is not looked at.
    size : tuple of int
        (H, W) of the model.
    what : str
        The image, as messages name it.

    Raises
    ------
    DataError
        If the image is smaller than the crop, or has another size than the model takes.
    """
    if geometry.resize is not None:
        image = _resize(image, geometry.resize, geometry.interpolation, what)
    if geometry.crop is not None:
        image = _crop(image, geometry.crop, what)
    height, width = size
    if (image.height, image.width) != size:
        raise DataError(
            f"{what} is {image.height} × {image.width} (height × width), the model takes {height} × {width}; "
            f"calibrate as the training did: with --resize {height},{width} (squeezed) or "
            f"--resize N --crop {height},{width} (the centre)"
        )
    return image


def _resize(image: Image.Image, to: Size, interpolation: Interpolation, what: str) -> Image.Image:
    if isinstance(to, int):
        # the longer side is rounded down, as torchvision rounds it
        size = (to * image.width // min(image.size), to * image.height // min(image.size))
    else:
        size = (to[1], to[0])
    if size == image.size:
        return image
    _check_pixels(size, f"{what}, resized,")
    return image.resize(size, _RESAMPLING[interpolation])


def _crop(image: Image.Image, to: Size, what: str) -> Image.Image:
    height, width = (to, to) if isinstance(to, int) else to
    if height > image.height or width > image.width:
        raise DataError(
            f"{what} is {image.height} × {image.width} (height × width) before --crop {size_text(to)}, at least "
            f"{height} × {width} is needed; calibrate with a larger --resize"
        )
    left, top = round((image.width - width) / 2), round((image.height - height) / 2)
    return image.crop((left, top, left + width, top + height))


def _check_mode(mode: str, what: str) -> None:
    if mode not in _EIGHT_BIT:
        raise DataError(
            f"{what} has the mode {mode}, expected 8 bits per channel; save it with pixels of 0 to 255, "
            "(x // 257).astype(np.uint8) for those of 0 to 65535"
        )


def _check_pixels(size: tuple[int, int], what: str) -> None:
    width, height = size
    if width * height > _MAX_PIXELS:
        raise DataError(f"{what} has {width * height} pixels, at most {_MAX_PIXELS} are read; make it smaller")
