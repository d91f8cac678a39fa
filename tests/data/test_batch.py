import hashlib

import pytest

from snnconv.data.batch import image_id, spans


@pytest.mark.parametrize(
    ("size", "start", "stop", "expected"),
    [
        (4, 0, None, [(0, 4), (4, 8), (8, 10)]),
        (4, 3, 9, [(3, 7), (7, 9)]),
        (100, 0, 50, [(0, 10)]),
        (4, 8, 8, []),
        (4, 12, None, []),
    ],
)
def test_spans_cover_what_is_asked_for(
    size: int, start: int, stop: int | None, expected: list[tuple[int, int]]
) -> None:
    assert list(spans(10, size, start, stop)) == expected


@pytest.mark.parametrize(("size", "start", "stop"), [(0, 0, None), (1, -1, None), (1, 0, -1)])
def test_senseless_spans_are_refused(size: int, start: int, stop: int | None) -> None:
    with pytest.raises(ValueError, match="batches need size >= 1 and start, stop >= 0"):
        list(spans(10, size, start, stop))


def test_an_identity_is_blake2b_of_pixels_and_name() -> None:
    expected = int.from_bytes(hashlib.blake2b(b"pixelscat/1.png", digest_size=8).digest(), "little")
    assert image_id(b"pixels", "cat/1.png") == expected
    assert image_id(b"pixels", "cat/2.png") != expected


def test_a_name_that_is_not_utf8_has_an_identity() -> None:
    assert image_id(b"", b"\xff.png".decode("utf-8", "surrogateescape")) != image_id(b"", ".png")
