"""Hostile data: zip files, arrays, labels and folders whose fields lie, drawn by number.

`make_case` gives what was made; the same numbers give the same case.
"""

import io
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from PIL import Image

from tests.fuzz.case import HUGE, ODD, Rng, pick
from tests.fuzz.hostile_images import hostile_image
from tests.fuzz.zip_writer import Entry, zipped

SHAPE = (3, 6, 5)
COUNT = 6
"""Images of a whole set; two of each of three classes."""

_NAMES = (
    *(b"", b"\0", b"/", b"//", b".", b"..", b"../../a/0.png", b"/etc/passwd.png", b"C:\\a\\0.png", b"a\\0.png"),
    *(b"a/0.png", b"a/0.png\0b", b"\xff\xfe/0.png", "ä/\u202e/0.png".encode(), b"a/\x1b[2J.png", b"a/\n.png"),
    *(b"a/" * 3000 + b"0.png", b"x" * 65000 + b".png", b"a/.png", b"x.npy", b"y.npy", b".npy", b"train/a/0.png"),
)
_DESCRIPTIONS = (
    *(
        "|u1",
        "<f4",
        ">f8",
        "<f2",
        "<f16",
        "|O",
        "|V8",
        "|S5",
        "<U3",
        "<M8[s]",
        "<c8",
        "|b1",
        "<i8",
        "|u9",
        "<",
        "",
        "f",
    ),
    *([("a", "<f4")], [("a", "|O")], ("<f4", (3,)), [("a", "<f4", (2**40,))], "|V0", "|S0", 3, None, {"names": []}),
)


@dataclass
class Data:
    """What was made.

    Attributes
    ----------
    path : Path
        The images.
    labels : Path or None
        A file of labels for them.
    damages : list of str
    pixels : set of bytes or None
        The images of a whole file, of which what is read must be some: checksums see the damage. None: not known.
    """

    path: Path
    labels: Path | None
    damages: list[str]
    pixels: set[bytes] | None


def make_case(seed: int, number: int, folder: Path, only: str = "") -> Data:
    """Draw images and what is wrong with them. `folder` is new and empty; `only` names the one kind to make."""
    rng = np.random.default_rng([seed, number])
    kinds = [kind for kind in KINDS if only in ("", kind.__name__)]
    kind = pick(rng, kinds)
    case: Data = kind(rng, folder)
    case.damages.insert(0, kind.__name__)
    return case


def _images(rng: Rng) -> np.ndarray[Any, Any]:
    return rng.integers(0, 256, (COUNT, SHAPE[1], SHAPE[2], SHAPE[0]), dtype=np.uint8)


def _encoded(pixels: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _named(images: np.ndarray[Any, Any]) -> list[Entry]:
    return [Entry(f"{'abc'[i % 3]}/{i}.png".encode(), _encoded(image)) for i, image in enumerate(images)]


def _damaged_bytes(data: bytes, rng: Rng, damages: list[str]) -> bytes:
    """Change, cut out, cut off, repeat or put in front some bytes; their ends are the likeliest place."""
    found = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(len(found))) if rng.random() < 0.5 else max(0, len(found) - int(rng.integers(1, 200)))
        kind = pick(rng, ("change", "field", "cut out", "cut off", "repeat", "in front"))
        damages.append(f"{kind} at {place}")
        if kind == "change":
            found[place] = int(rng.integers(256))
        elif kind == "field":
            form, size = pick(rng, (("<H", 2), ("<I", 4), ("<Q", 8)))
            if place + size <= len(found):
                struct.pack_into(form, found, place, pick(rng, ODD) % 2 ** (8 * size))
        elif kind == "cut out":
            del found[place : place + int(rng.integers(1, 60))]
        elif kind == "cut off":
            del found[max(1, place) :]
        elif kind == "repeat":
            found[place:place] = found[place : place + 60]
        else:
            found[:0] = bytes(int(rng.integers(1, 60)))
        if not found:
            break
    return bytes(found)


def zip_bytes(rng: Rng, folder: Path) -> Data:
    """Damage the bytes of a zip file of images."""
    images = _images(rng)
    entries = _named(images)
    for entry in entries:
        entry.deflated = bool(rng.random() < 0.5)
    damages: list[str] = []
    path = folder / "set.zip"
    path.write_bytes(_damaged_bytes(zipped(entries), rng, damages))
    return Data(path, None, damages, {image.tobytes() for image in images})


def npz_bytes(rng: Rng, folder: Path) -> Data:
    """Damage the bytes of an npz file."""
    images = _images(rng)
    packed = io.BytesIO()
    (np.savez_compressed if rng.random() < 0.5 else np.savez)(packed, x=images, y=np.arange(COUNT) % 3)
    damages: list[str] = []
    path = folder / "set.npz"
    path.write_bytes(_damaged_bytes(packed.getvalue(), rng, damages))
    return Data(path, None, damages, {image.tobytes() for image in images})


def _lie(entry: Entry, rng: Rng) -> str:
    field = pick(
        rng, ("offset", "size", "stored", "checksum", "flags", "method", "local_name", "extra", "name", "bomb")
    )
    if field in ("offset", "size", "stored"):
        setattr(entry, field, int(pick(rng, (*ODD[:1], *ODD[3:], 2**63, 2**64 - 1, 2**32 - 1))))
    elif field in ("flags", "method"):
        setattr(entry, field, int(rng.integers(2**16)))
    elif field == "checksum":
        entry.checksum = int(rng.integers(2**32))
    elif field == "bomb":
        entry.deflated, entry.data = True, bytes(int(pick(rng, (2**20, 2**26, 2**26 + 1))))
        entry.size = int(pick(rng, (100, 2**26))) if rng.random() < 0.5 else None
    elif field == "extra":
        entry.extra = pick(
            rng, (b"\1\0\10\0" + bytes(3), b"\1\0\0\0", b"\1", b"\1\0\xff\xff", rng.bytes(40), bytes(4) * 9)
        )
    else:
        setattr(entry, field, pick(rng, _NAMES))
    return field


def zip_fields(rng: Rng, folder: Path) -> Data:
    """Write a zip file of which some fields lie."""
    entries = _named(_images(rng))
    damages = [_lie(pick(rng, entries), rng) for _ in range(int(rng.integers(1, 4)))]
    if rng.random() < 0.2:
        damages.append("again")
        entries.append(pick(rng, entries))
    path = folder / "set.zip"
    path.write_bytes(zipped(entries))
    return Data(path, None, damages, None)


def npz_fields(rng: Rng, folder: Path) -> Data:
    """Write an npz file of which some fields lie."""
    arrays = {"x": _images(rng), "y": np.arange(COUNT) % 3}
    entries = []
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.save(buffer, array)
        entries.append(Entry(f"{name}.npy".encode(), buffer.getvalue(), deflated=bool(rng.random() < 0.5)))
    damages = [_lie(pick(rng, entries), rng) for _ in range(int(rng.integers(1, 3)))]
    path = folder / "set.npz"
    path.write_bytes(zipped(entries))
    return Data(path, None, damages, None)


def _odd_header(rng: Rng, shape: tuple[Any, ...], damages: list[str]) -> bytes:
    """Write the header of an npy that says something odd."""
    said: dict[Any, Any] = {"descr": "|u1", "fortran_order": False, "shape": shape}
    kind = pick(rng, ("dimension", "description", "order", "missing", "more", "nested", "length", "version", "digits"))
    damages.append(kind)
    if kind == "dimension":
        odd = pick(rng, (*ODD, *HUGE, 2**64, 10**30, True, 1.0, None, "6"))
        said["shape"] = tuple(odd if i == int(rng.integers(len(shape))) else n for i, n in enumerate(shape))
    elif kind == "description":
        said["descr"] = pick(rng, _DESCRIPTIONS)
    elif kind == "order":
        said["fortran_order"] = pick(rng, (True, 1, None, "no"))
    elif kind == "missing":
        del said[pick(rng, tuple(said))]
    elif kind == "more":
        said[pick(rng, ("a", 3, None))] = 1
    text = repr(said)
    if kind == "nested":
        text = pick(rng, ("(" * 9000, "[" * 200 + "]" * 200, "-" * 5000 + "1", "{'shape': " * 90, "1+" * 900 + "1"))
    if kind == "digits":
        text = text.replace(str(shape[0]), "9" * 5000, 1)
    data = text.encode() + b"\n"
    version = int(rng.integers(0, 5)) if kind == "version" else 1
    length = int(pick(rng, (0, 1, 65535, 2**31, 2**32 - 1))) if kind == "length" else len(data)
    form = "<H" if version < 2 else "<I"
    return (
        npy_format.MAGIC_PREFIX
        + bytes([version, 0])
        + struct.pack(form, length % 2 ** (16 if form == "<H" else 32))
        + data
    )


def npy_fields(rng: Rng, folder: Path) -> Data:
    """Write an array whose header lies."""
    images, damages = _images(rng), list[str]()
    path = folder / "set.npy"
    path.write_bytes(_odd_header(rng, images.shape, damages) + images.tobytes())
    return Data(path, None, damages, None)


def npy_bytes(rng: Rng, folder: Path) -> Data:
    """Damage the bytes of an array, floats with odd values among them."""
    images, damages = _images(rng), list[str]()
    if rng.random() < 0.5:
        images = images.astype(pick(rng, ("<f4", ">f8", "<f2")))
        images.flat[int(rng.integers(images.size))] = pick(rng, (np.nan, np.inf, -np.inf, 0))
    buffer = io.BytesIO()
    np.save(buffer, images)
    path = folder / "set.npy"
    path.write_bytes(_damaged_bytes(buffer.getvalue(), rng, damages))
    return Data(path, None, damages, None)


def labels(rng: Rng, folder: Path) -> Data:
    """Write labels that are none."""
    np.save(folder / "set.npy", _images(rng))
    damages = list[str]()
    if rng.random() < 0.5:
        path = folder / "labels.npy"
        path.write_bytes(_odd_header(rng, (COUNT,), damages) + bytes(COUNT))
        return Data(folder / "set.npy", path, damages, None)
    text = pick(
        rng,
        (
            *(b"", b"\n" * 10**6, b"1\n" * 10**6, b"1" * 10**6, b"\0" * 100, b"\xff\xfe1\0\n\0", b"1\r2\r3\r4\r5\r6"),
            *(
                b"\xef\xbb\xbf0\n1\n2\n0\n1\n2\n\n\n",
                b"0\n1\n2\n0\n1\n-1",
                b"0,1,2,0,1,2",
                b"file,label\na,1\n",
                b"1e3\n" * 6,
            ),
            *(b"99999999999999999999\n" * 6, "\u0661\n".encode() * 6, b"0\n1\n2\n0\n1\n2\n" + b" \n" * 10**6 + b"x"),
        ),
    )
    path = folder / "labels.txt"
    path.write_bytes(text)
    return Data(folder / "set.npy", path, [repr(text[:20])], None)


def images_in_zip(rng: Rng, folder: Path) -> Data:
    """Write a zip file with an image file that is hostile in itself."""
    entries = _named(_images(rng))
    entry = pick(rng, entries)
    what, entry.data = hostile_image(rng)
    path = folder / "set.zip"
    path.write_bytes(zipped(entries))
    return Data(path, None, [what], None)


def class_folders(rng: Rng, folder: Path) -> Data:
    """Make class folders with something odd beside, in or below them."""
    path, damages = folder / "set", list[str]()
    for entry in _named(_images(rng)):
        file = path / entry.name.decode()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(entry.data)
    for _ in range(int(rng.integers(1, 3))):
        odd = pick(rng, _ODD_IN_FOLDERS)
        damages.append(odd.__name__.strip("_"))
        odd(path, rng)
    return Data(path, None, damages, None)


def _free(path: Path, rng: Rng, suffix: str = "") -> Path:
    return path / f"odd{int(rng.integers(10**9))}{suffix}"


def _pipe(path: Path, rng: Rng) -> None:
    os.mkfifo(_free(path / "a", rng, ".png"))


def _device(path: Path, rng: Rng) -> None:
    _free(path / "a", rng, ".png").symlink_to("/dev/zero")


def _dangling(path: Path, rng: Rng) -> None:
    _free(path / "a", rng, ".png").symlink_to(path / "none")


def _round(path: Path, rng: Rng) -> None:
    link = _free(path / "a", rng, ".png")
    link.symlink_to(link)


def _upwards(path: Path, rng: Rng) -> None:
    _free(path / "a", rng).symlink_to(path)


def _many_ways(path: Path, rng: Rng) -> None:
    """Make 30 folders with two links each to the next: 2^30 ways to the last."""
    top = _free(path, rng)
    for number in range(30):
        (top / f"{number}").mkdir(parents=True)
        for link in "lr":
            (top / f"{number}" / link).symlink_to(top / f"{number + 1}")
    (top / "30").mkdir()
    (top / "30" / "0.png").write_bytes(b"")


def _deep(path: Path, rng: Rng) -> None:
    file = _free(path, rng).joinpath(*["d"] * 120, "0.png")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")


def _large(path: Path, rng: Rng) -> None:
    with _free(path / "a", rng, ".png").open("wb") as file:
        file.truncate(2**40)


def _no_text(path: Path, rng: Rng) -> None:
    (Path(os.fsdecode(os.fsencode(path) + b"/a")) / os.fsdecode(b"\xff\n\x1b[2J.png")).write_bytes(b"")


def _level(path: Path, rng: Rng) -> None:
    (path / "a" / "more").mkdir(exist_ok=True)
    (path / "a" / "more" / "0.png").write_bytes(b"")


def _linked_class(path: Path, rng: Rng) -> None:
    _free(path, rng).symlink_to(path / "a")


def _hostile(path: Path, rng: Rng) -> None:
    _free(path / "a", rng, ".png").write_bytes(hostile_image(rng)[1])


_ODD_IN_FOLDERS: tuple[Callable[[Path, Rng], None], ...] = (
    *(
        _pipe,
        _device,
        _dangling,
        _round,
        _upwards,
        _many_ways,
        _deep,
        _large,
        _no_text,
        _level,
        _linked_class,
        _hostile,
    ),
)

KINDS: tuple[Callable[[Rng, Path], Data], ...] = (
    *(zip_bytes, zip_bytes, npz_bytes, npz_bytes, zip_fields, zip_fields, npz_fields, npy_fields, npy_bytes),
    *(labels, images_in_zip, images_in_zip, class_folders, class_folders),
)
