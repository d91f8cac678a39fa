"""Damages to the bytes of a model."""

from collections.abc import Callable

import numpy as np

from tests.fuzz.case import Case, Rng, pick
from tests.fuzz.models import KINDS


def _in_place(data: bytearray, rng: Rng, sizes: tuple[int, int], flip: Callable[[int], int]) -> bytearray:
    for _ in range(int(rng.integers(*sizes))):
        if data:
            place = int(rng.integers(len(data)))
            data[place] = flip(data[place])
    return data


def flip_bits(case: Case, rng: Rng) -> None:
    case.edits.append(lambda data: _in_place(data, rng, (1, 8), lambda byte: byte ^ (1 << int(rng.integers(8)))))


def flip_bytes(case: Case, rng: Rng) -> None:
    case.edits.append(lambda data: _in_place(data, rng, (1, 64), lambda _: int(rng.integers(256))))


def flip_structure(case: Case, rng: Rng) -> None:
    """Change bytes outside the weights, where lengths, tags and names are."""

    def edit(data: bytearray) -> bytearray:
        weights = [t.raw_data for t in case.graph.initializer if len(t.raw_data) > 32]
        inside = np.zeros(len(data), bool)
        for raw in weights:
            start = data.find(raw)
            inside[start : start + len(raw)] |= start >= 0
        outside = np.flatnonzero(~inside)
        for _ in range(int(rng.integers(1, 4))):
            place = int(pick(rng, outside))
            data[place] = int(rng.integers(256))
        return data

    case.edits.append(edit)


def truncate(case: Case, rng: Rng) -> None:
    case.edits.append(lambda data: data[: int(rng.integers(len(data) + 1))])


def cut_out(case: Case, rng: Rng) -> None:
    def edit(data: bytearray) -> bytearray:
        start = int(rng.integers(len(data) + 1))
        del data[start : start + int(rng.integers(1, 40))]
        return data

    case.edits.append(edit)


def splice(case: Case, rng: Rng) -> None:
    other = pick(rng, KINDS)(int(rng.integers(9))).SerializeToString()

    def edit(data: bytearray) -> bytearray:
        here, there = int(rng.integers(len(data) + 1)), int(rng.integers(len(other) + 1))
        return data[:here] + other[there:]

    case.edits.append(edit)
