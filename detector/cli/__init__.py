"""The command line: parse, call, print."""

from detector.cli.app import main

__all__ = ["main"]
