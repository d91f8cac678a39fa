"""The command line: one file per command, each parses, calls the function of the same name, and prints."""

from snnconv.cli.app import main

__all__ = ["main"]
