"""Damages to the bytes of any file."""

from collections.abc import Callable
from pathlib import Path

from tests.fuzz.damages_json import Rng, pick


def bits(rng: Rng, path: Path) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(int(rng.integers(1, 4))):
        data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
    path.write_bytes(data)


def head(rng: Rng, path: Path) -> None:
    """Change bytes near the beginning or the end, where lengths and names are."""
    data = bytearray(path.read_bytes())
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(min(len(data), 120)))
        data[pick(rng, (place, len(data) - 1 - place))] = int(rng.integers(256))
    path.write_bytes(data)


def digit(rng: Rng, path: Path) -> None:
    """Change one digit of the text."""
    text = bytearray(path.read_bytes())
    place = pick(rng, [place for place, byte in enumerate(text) if chr(byte).isdigit()])
    text[place] = ord("0") + (text[place] - ord("0") + int(rng.integers(1, 10))) % 10
    path.write_bytes(text)


def cut(rng: Rng, path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(rng.integers(len(data)))])


def cut_out(rng: Rng, path: Path) -> None:
    data = path.read_bytes()
    start = int(rng.integers(len(data)))
    path.write_bytes(data[:start] + data[start + int(rng.integers(1, 40)) :])


DAMAGES: tuple[Callable[[Rng, Path], None], ...] = (bits, bits, head, head, digit, cut, cut_out)
