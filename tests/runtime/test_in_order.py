"""Pieces at work: as many as there are threads, results in their order, and a stop that all of them see."""

from threading import Event

import pytest

from snnconv.runtime.in_order import in_order

SECONDS = 10
"""Longer than any wait here takes, unless something is wrong."""


class Pieces:
    """Work on pieces: the first is done at once, the others wait for the stop; `seen` says what they saw of it."""

    def __init__(self) -> None:
        self.stop = Event()
        self.seen: list[bool] = []
        self.started = Event()

    def work(self, piece: int) -> int:
        if piece:
            self.started.set()
            self.seen.append(self.stop.wait(SECONDS))
        return piece


def test_a_reader_that_goes_away_stops_the_pieces_at_work() -> None:
    pieces = Pieces()
    results = in_order(pieces.work, range(10), 2, pieces.stop)
    assert next(results) == 0
    assert pieces.started.wait(SECONDS)
    results.close()
    assert pieces.stop.is_set()
    # no more were read than there are threads; one that had not begun never did
    assert 1 <= len(pieces.seen) <= 2
    assert all(pieces.seen)


def test_a_piece_that_fails_stops_the_others() -> None:
    pieces = Pieces()

    def work(piece: int) -> int:
        if piece == 0:
            assert pieces.started.wait(SECONDS)
            raise ZeroDivisionError("made up")
        return pieces.work(piece)

    with pytest.raises(ZeroDivisionError, match="made up"):
        list(in_order(work, range(10), 2, pieces.stop))
    assert pieces.stop.is_set()
    assert pieces.seen
    assert all(pieces.seen)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_order_and_pieces_are_read_as_they_are_needed(threads) -> None:
    read: list[int] = []

    def numbers():
        for number in range(20):
            read.append(number)
            yield number

    stop = Event()
    results = in_order(lambda number: number * number, numbers(), threads, stop)
    for number in range(20):
        assert next(results) == number * number
        assert len(read) <= number + 1 + threads
        assert not stop.is_set()
    assert list(results) == []
