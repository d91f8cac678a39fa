"""Image files that claim what they do not hold, or hold more than they say."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from tests.fuzz.case import Rng, pick

_SIDES = (0, 1, 8192, 8193, 9500, 20_000, 65_535, 2**31 - 1)
_COMPRESSIONS = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4")


def hostile_image(rng: Rng) -> tuple[str, bytes]:
    """Give what it is, and the file."""
    kind = pick(
        rng,
        (_huge_png, _huge_ppm, _huge_bmp, _damaged, _damaged, _damaged_tiff, _damaged_tiff, _tiff_in_a_ring, _other),
    )
    data = kind(rng)
    return kind.__name__.strip("_"), data


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _huge_png(rng: Rng) -> bytes:
    """Give a PNG of many pixels, all of them black: a few hundred kB at most."""
    width, height = (int(pick(rng, _SIDES)) for _ in range(2))
    header = struct.pack(">2I5B", width, height, 8, int(pick(rng, (0, 2, 3, 6))), 0, 0, 0)
    rows = zlib.compress(bytes(min(2**26, width * height)), 1)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _huge_ppm(rng: Rng) -> bytes:
    width, height = (int(pick(rng, _SIDES)) for _ in range(2))
    return b"P%d %d %d %d\n" % (int(pick(rng, (5, 6))), width, height, int(pick(rng, (255, 65535, 0, 2**40))))


def _huge_bmp(rng: Rng) -> bytes:
    width, height = (int(pick(rng, _SIDES)) * int(pick(rng, (1, -1))) for _ in range(2))
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, int(pick(rng, (1, 8, 24, 32))), 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


def _pixels(rng: Rng) -> Image.Image:
    return Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8))


def _flipped(data: bytes, rng: Rng) -> bytes:
    found = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        found[int(rng.integers(len(found)))] = int(rng.integers(256))
    return bytes(found[: int(rng.integers(1, len(found)))] if rng.random() < 0.3 else found)


def _damaged(rng: Rng) -> bytes:
    buffer = io.BytesIO()
    _pixels(rng).save(buffer, pick(rng, ("PNG", "JPEG", "BMP", "WEBP", "PPM")))
    return _flipped(buffer.getvalue(), rng)


def _damaged_tiff(rng: Rng) -> bytes:
    buffer, compression = io.BytesIO(), pick(rng, _COMPRESSIONS)
    image = _pixels(rng)
    (image.convert("1") if compression == "group4" else image).save(buffer, "TIFF", compression=compression)
    return _flipped(buffer.getvalue(), rng)


def _tiff_in_a_ring(rng: Rng) -> bytes:
    """Give a TIFF whose directory is followed by itself."""
    buffer = io.BytesIO()
    _pixels(rng).save(buffer, "TIFF")
    data = bytearray(buffer.getvalue())
    (offset,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, offset)
    struct.pack_into("<I", data, offset + 2 + 12 * entries, offset)
    return bytes(data)


def _other(rng: Rng) -> bytes:
    return pick(
        rng,
        (
            *(b"", b"GIF89a" + bytes(99), b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0\n"),
            *(
                b"\x93NUMPY" + bytes(99),
                b"PK\3\4" + bytes(99),
                b"RIFF\xff\xff\xff\xffWEBPVP8X" + bytes(40),
                bytes(10**6),
            ),
        ),
    )
