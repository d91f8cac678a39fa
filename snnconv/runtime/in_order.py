"""Works on several pieces at a time, and gives their results in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import TypeVar

from threadpoolctl import threadpool_limits

P = TypeVar("P")
R = TypeVar("R")

_SECONDS = 0.2
"""How long a signal may go unnoticed."""


def in_order(work: Callable[[P], R], pieces: Iterable[P], threads: int, stop: Event) -> Generator[R, None, None]:
    """Work on as many pieces at a time as there are threads.

    Parameters
    ----------
    work : callable
        Takes a piece to its result; called from several threads.
    pieces : iterable
        Read as they are needed: memory does not grow with their number.
    threads : int
    stop : Event
        Is set when nobody wants more results, so that pieces at work can stop.

    Yields
    ------
    object
        The result of each piece, as soon as it and those before it are done.
    """
    # each thread works on its own images; more threads inside BLAS would only get in their way
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        running: deque[Future[R]] = deque()
        try:
            for piece in pieces:
                running.append(pool.submit(work, piece))
                # one piece more than threads, so that none waits for the reader
                if len(running) > threads:
                    yield _awaited(running.popleft())
            while running:
                yield _awaited(running.popleft())
        finally:
            # an interruption ends here: pieces at work stop at their next chunk
            stop.set()
            for future in running:
                future.cancel()


def _awaited(future: "Future[R]") -> R:
    # with pauses: a signal that the system hands to another thread does not wake this one
    while not future.done():
        with suppress(TimeoutError):
            return future.result(_SECONDS)
    return future.result()
