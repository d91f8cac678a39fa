"""The command ``snnconv`` as a process of its own."""

import subprocess
import sys
from collections.abc import Sequence

from places import Places

SNNCONV = (sys.executable, "-c", "from snnconv.cli import main; main()")
"""The command of this Python, wherever scripts are installed."""

_STOPPED = (130, 143, -2, -15)


class ToolError(Exception):
    """A command that ended with an error; it has said so itself."""


def run(words: Sequence[str], places: Places) -> str:
    """Run ``snnconv WORDS`` and give its stdout; its progress and its messages stay on stderr.

    Raises
    ------
    KeyboardInterrupt
        If it was stopped.
    ToolError
        If it failed.
    """
    # flushed, so that a log has our lines before the tool's
    print(f"snnconv {' '.join(words)}", file=sys.stderr, flush=True)
    command = [*SNNCONV, *(places.real(word) for word in words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            said, _ = process.communicate()
        except KeyboardInterrupt:
            # it keeps what is finished, and ends
            process.terminate()
            process.wait()
            raise
    if process.returncode in _STOPPED:
        raise KeyboardInterrupt
    if process.returncode:
        raise ToolError(f"snnconv {words[0]} ended with exit code {process.returncode}")
    return said
