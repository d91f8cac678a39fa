import io
import os
import re
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from snnconv.data import Geometry, Interpolation, Size, open_images, read_size, size_text
from snnconv.data.images import MAX_FILE_BYTES, decode, fit
from snnconv.data.overheard import libtiff_heard
from snnconv.errors import DataError, UsageError

Encode = Callable[..., bytes]


def _file(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_files_give_their_pixels(png: Encode, kind: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(decode(png(pixels, kind), 3, "a")), pixels)


def test_colour_and_grey_are_converted(png: Encode) -> None:
    grey = np.arange(20, dtype=np.uint8).reshape(5, 4)
    np.testing.assert_array_equal(np.asarray(decode(png(grey), 3, "a")), np.repeat(grey[..., None], 3, 2))
    red = np.zeros((5, 4, 3), np.uint8)
    red[..., 0] = 255
    # ITU-R 601-2: L = 0.299 R + …, so 0.299 · 255 = 76.2
    assert set(np.asarray(decode(png(red), 1, "a")).ravel().tolist()) == {76}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_all_modes_of_8_bits_are_read(mode: str) -> None:
    image = Image.new("RGB", (4, 5), (255, 255, 255)).convert(mode)
    assert np.asarray(decode(_file(image), 3, "a")).tolist() == np.full((5, 4, 3), 255).tolist()


def test_a_palette_with_several_transparent_colours_is_read_silently() -> None:
    image = Image.new("P", (4, 5), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    data = _file(image, transparency=bytes([0, 128]))
    assert np.asarray(decode(data, 3, "a"))[0, 0].tolist() == [10, 20, 30]


def test_more_than_8_bits_are_refused() -> None:
    pixels = np.array([[0, 128 * 257, 65535]], np.uint16)
    message = (
        "a has the mode I;16, expected 8 bits per channel; save it with pixels of 0 to 255, "
        "(x // 257).astype(np.uint8) "
        "for those of 0 to 65535"
    )
    with pytest.raises(DataError, match=re.escape(message)):
        decode(_file(Image.fromarray(pixels)), 1, "a")
    advised = Image.fromarray((pixels // 257).astype(np.uint8))
    assert np.asarray(decode(_file(advised), 1, "a")).tolist() == [[0, 128, 255]]


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(40), b"no image"])
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"a is no image that can be read: .*; replace or remove it") as caught:
        decode(data, 3, "a")
    assert "0x" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cut_image_is_refused(png: Encode) -> None:
    data = png(np.random.default_rng(0).integers(0, 256, (50, 40, 3), dtype=np.uint8))
    with pytest.raises(DataError, match="a is no image that can be read: image file is truncated"):
        decode(data[: len(data) // 2], 3, "a")


def _noisy_tiff(compression: str) -> bytearray:
    pixels = np.random.default_rng(2).integers(0, 256, (40, 50), dtype=np.uint8)
    image = Image.fromarray(pixels)
    return bytearray(_file(image.convert("1") if compression == "group4" else image, "TIFF", compression=compression))


@pytest.mark.parametrize(
    ("compression", "reason"),
    [
        # Pillow alone would take the rows before the damage, and whatever stands in memory for the others
        ("group4", "a is damaged: Fax4Decode: Bad code word at line"),
        ("tiff_adobe_deflate", "a is no image that can be read: ZIPDecode: Decoding error at scanline"),
    ],
)
def test_a_damaged_tiff_is_refused_and_libtiff_says_nothing_itself(
    compression: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = _noisy_tiff(compression)
    assert decode(bytes(data), 1, "a").size == (50, 40)
    middle = len(data) // 2
    data[middle : middle + 40] = np.random.default_rng(3).bytes(40)
    with pytest.raises(DataError, match=f"{reason}.*; replace or remove it") as caught:
        decode(bytes(data), 1, "a")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_what_others_write_to_stderr_meanwhile_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with libtiff_heard() as heard:
        os.write(2, b"calibrating 3 of 5\nLZWDecode: Not enough data at scanline 3 (short 2 bytes).\n")
    assert heard == ["LZWDecode: Not enough data at scanline 3 (short 2 bytes)"]
    assert capfd.readouterr().err == "calibrating 3 of 5\n"


def test_what_pillow_warns_of_is_noted_and_the_image_used(png: Encode) -> None:
    notes: list[str] = []
    data = bytearray(png(np.zeros((5, 4, 3), np.uint8), "TIFF"))
    # an entry of 12 bytes for ImageDescription (tag 270), of a length that the file does not have
    at, (offset,) = 4, struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, offset)
    table = bytes(data[offset + 2 : offset + 2 + 12 * entries])
    struct.pack_into("<I", data, at, len(data))
    data += struct.pack("<H", entries + 1) + table[:48] + struct.pack("<HHII", 270, 2, 10**6, 8) + table[48:] + bytes(4)
    assert decode(bytes(data), 3, "a", notes.append).size == (4, 5)
    assert notes == ["Tag data larger than file. Skipping tag 270"]


def test_what_other_programs_may_use_of_a_file_is_noted() -> None:
    notes: list[str] = []
    turned, plain, blank = Image.Exif(), Image.Exif(), Image.new("RGB", (4, 5))
    turned[274], plain[274] = 6, 1
    for kind in ("JPEG", "PNG", "WEBP"):
        assert decode(_file(blank, kind, exif=turned), 3, "a", notes.append).size == (4, 5)
        assert notes == ["its EXIF orientation is not applied; if the training turned images by it, save them turned"]
        notes.clear()
        decode(_file(blank, kind, exif=plain), 3, "a", notes.append)
        assert notes == []
    # EXIF data that cannot be read do no harm
    data = _file(blank, "JPEG", exif=turned).replace(b"Exif\0\0MM\0*", b"Exif\0\0MM\0?")
    assert decode(data, 3, "a", notes.append).size == (4, 5)
    assert notes == []
    for kind in ("TIFF", "WEBP", "PNG"):
        decode(_file(blank, kind, save_all=True, append_images=[Image.new("RGB", (4, 5), "red")]), 3, "a", notes.append)
        assert notes == ["it has several pictures, the first is taken"]
        notes.clear()


def test_the_first_odd_image_of_a_set_is_named(
    make_folder: Callable[..., Path], png: Encode, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = png(np.zeros((5, 4, 3), np.uint8))
    path = make_folder({"a/0.png": same, "b/1.png": same})
    prepare = ImageFile.ImageFile.load_prepare

    def odd(image: ImageFile.ImageFile) -> None:
        warnings.warn("Corrupt EXIF data.", stacklevel=1)
        prepare(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", odd)
    images = open_images(path, input_shape=(3, 5, 4))
    for _ in range(2):
        list(images.batches(1))
    assert caplog.messages == [f"{path}: image 'a/0.png': Corrupt EXIF data (said of the first such image only)"]


@pytest.mark.parametrize(
    ("side", "words"),
    [
        (8193, "has 67125249 pixels, at most 67108864 are read"),
        (9500, "has 90250000 pixels, at most"),
        (20000, "has more than 67108864 pixels, at most so many are read; make it smaller"),
    ],
)
def test_a_decompression_bomb_is_refused_before_it_is_decoded(
    side: int, words: str, recwarn: pytest.WarningsRecorder
) -> None:
    # a PPM header alone: the pixels would be read only afterwards
    with pytest.raises(DataError, match=words):
        decode(b"P6 %d %d 255\n" % (side, side), 3, "a")
    assert not recwarn.list


@pytest.mark.parametrize(
    ("size", "resize", "expected"),
    [((40, 30), 15, (20, 15)), ((30, 40), 15, (15, 20)), ((33, 10), 7, (23, 7)), ((8, 8), 8, (8, 8))],
)
def test_the_shorter_side_is_resized_and_the_aspect_kept(
    size: tuple[int, int], resize: int, expected: tuple[int, int]
) -> None:
    image = fit(Image.new("L", size), Geometry(resize=resize), expected[::-1], "a")
    assert image.size == expected


@pytest.mark.parametrize("interpolation", list(Interpolation))
def test_interpolation_is_what_it_is_called(interpolation: Interpolation) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (8, 8), dtype=np.uint8)
    image = Image.fromarray(pixels)
    found = fit(image, Geometry(resize=5, interpolation=interpolation), (5, 5), "a")
    expected = image.resize((5, 5), Image.Resampling[interpolation.name])
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


@pytest.mark.parametrize("interpolation", list(Interpolation))
@pytest.mark.parametrize("size", [(24, 36), (36, 24), (7, 7), (40, 24)])
def test_height_and_width_squeeze_the_image(size: tuple[int, int], interpolation: Interpolation) -> None:
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 24, 3), dtype=np.uint8))
    found = fit(image, Geometry(resize=size, interpolation=interpolation), size, "a")
    expected = image.resize((size[1], size[0]), Image.Resampling[interpolation.name])
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


def test_nearest_takes_the_pixel_in_the_middle() -> None:
    pixels = np.arange(36, dtype=np.uint8).reshape(6, 6)
    geometry = Geometry(resize=2, interpolation=Interpolation.NEAREST)
    found = fit(Image.fromarray(pixels), geometry, (2, 2), "a")
    assert np.asarray(found).tolist() == [[7, 10], [25, 28]]


def test_the_crop_is_in_the_centre() -> None:
    pixels = np.arange(6 * 8, dtype=np.uint8).reshape(6, 8)
    found = fit(Image.fromarray(pixels), Geometry(crop=2), (2, 2), "a")
    np.testing.assert_array_equal(np.asarray(found), pixels[2:4, 3:5])


def test_a_crop_of_height_and_width_is_in_the_centre() -> None:
    pixels = np.arange(6 * 8, dtype=np.uint8).reshape(6, 8)
    found = fit(Image.fromarray(pixels), Geometry(crop=(2, 4)), (2, 4), "a")
    np.testing.assert_array_equal(np.asarray(found), pixels[2:4, 2:6])


@pytest.mark.parametrize(("text", "size"), [("24", 24), (" 24 , 36", (24, 36)), ("7,7", (7, 7))])
def test_sizes_are_read_as_they_are_written(text: str, size: Size) -> None:
    assert read_size(text, "--resize") == size
    assert read_size(size_text(size), "--resize") == size


@pytest.mark.parametrize("text", ["", "0", "24,0", "-3", "24x36", "1,2,3", "2.5", "1e3", "24,", "9" * 10, "\u0663"])
def test_what_is_no_size_is_refused(text: str) -> None:
    message = (
        f"--crop is {text!r}, expected N or H,W: one number of pixels, or height and width with a comma between them"
    )
    with pytest.raises(UsageError, match=re.escape(message)):
        read_size(text, "--crop")


def test_resize_comes_before_crop() -> None:
    image = fit(Image.new("L", (40, 30)), Geometry(resize=16, crop=12), (12, 12), "a")
    assert image.size == (12, 12)


def test_an_image_of_another_size_is_named(make_folder: Callable[..., Path], png: Encode) -> None:
    path = make_folder({"cat/0.png": png(np.zeros((6, 4, 3), np.uint8))})
    message = (
        "image 'cat/0.png' is 6 × 4 (height × width), the model takes 5 × 4; calibrate as the training did: with "
        "--resize 5,4 (squeezed) or --resize N --crop 5,4 (the centre)"
    )
    with pytest.raises(DataError, match=re.escape(message)):
        list(open_images(path, input_shape=(3, 5, 4)).batches(1))
    # what is advised works
    for geometry in (Geometry(resize=(5, 4)), Geometry(resize=4, crop=(5, 4)), Geometry(resize=9, crop=(5, 4))):
        (batch,) = open_images(path, input_shape=(3, 5, 4), geometry=geometry).batches(1)
        assert batch.images.shape == (1, 5, 4, 3)


def test_an_image_smaller_than_the_crop_is_refused() -> None:
    message = "a is 6 × 4 (height × width) before --crop 5, at least 5 × 5 is needed; calibrate with a larger --resize"
    with pytest.raises(DataError, match=re.escape(message)):
        fit(Image.new("L", (4, 6)), Geometry(crop=5), (5, 5), "a")
    with pytest.raises(DataError, match=re.escape("before --crop 6,5, at least 6 × 5 is needed; calibrate with a")):
        fit(Image.new("L", (4, 6)), Geometry(crop=(6, 5)), (6, 5), "a")
    # exactly as large is large enough
    assert fit(Image.new("L", (4, 6)), Geometry(crop=(6, 4)), (6, 4), "a").size == (4, 6)


def test_a_resize_that_explodes_is_refused() -> None:
    message = "a, resized, has 100000000 pixels, at most 67108864 are read; make it smaller"
    with pytest.raises(DataError, match=re.escape(message)):
        fit(Image.new("L", (1, 10_000)), Geometry(resize=100), (100, 100), "a")


def test_geometry_is_frozen_and_closed() -> None:
    for size in (0, (4, 0)):
        with pytest.raises(ValueError, match="greater than or equal to 1"):
            Geometry(resize=size)
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        Geometry.model_validate({"rotate": 90})


def test_a_file_too_large_is_refused(make_folder: Callable[..., Path]) -> None:
    path = make_folder({"cat/0.png": b""})
    with (path / "cat" / "0.png").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(DataError, match=f"image 'cat/0.png' is larger than {MAX_FILE_BYTES} bytes; make it smaller"):
        list(open_images(path, input_shape=(3, 5, 4)).batches(1))
