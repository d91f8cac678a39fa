"""The command line: one file per command, each parses, calls the function of the same name, and prints."""

from snnconv.cli import interrupts


def main() -> None:
    """Run the command line."""
    # first of all: what follows takes a while
    interrupts.install()
    from snnconv.cli.app import app

    app()


__all__ = ["main"]
