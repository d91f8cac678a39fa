"""What image libraries print beside their results: heard by us, and said by us or not at all.

Pillow warns and logs. libtiff writes to file descriptor 2 what it thinks of damaged data, and Pillow takes part of
these data all the same.
"""

import logging
import os
import re
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# where nobody listens, Python would print its records; who does listen still gets them
logging.getLogger("PIL").addHandler(logging.NullHandler())

# warnings and file descriptors belong to the whole process; what is heard here is short
_LOCK = threading.RLock()
_STDERR = 2
# "Fax4Decode: Bad code word at line 3 of strip 0 (x 7)."; "tempfile.tif" is what Pillow calls data in memory
_OF_LIBTIFF = re.compile(rb"(?:_?[A-Z]\w*|tempfile\.tif): ")


@contextmanager
def warnings_heard() -> Iterator[list[str]]:
    """Give the list that Python's warnings go into, instead of to stderr, while the block runs."""
    heard: list[str] = []
    with _LOCK, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield heard
        finally:
            heard.extend(_one_line(str(warning.message)) for warning in caught)


@contextmanager
def libtiff_heard() -> Iterator[list[str]]:
    """Give the list that libtiff's lines go into while the block runs; other lines are passed on to stderr."""
    heard: list[str] = []
    with _LOCK, tempfile.TemporaryFile() as file:
        try:
            own = os.dup(_STDERR)
        except OSError:  # stderr is closed: nothing is printed
            yield heard
            return
        try:
            os.dup2(file.fileno(), _STDERR)
            yield heard
        finally:
            os.dup2(own, _STDERR)
            file.seek(0)
            for line in file:
                if _OF_LIBTIFF.match(line):
                    heard.append(_one_line(line.decode("utf-8", "replace")))
                else:
                    os.write(own, line)
            os.close(own)


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
