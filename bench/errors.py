"""What makes a benchmark worthless."""


class BenchFailed(Exception):
    """The figures would not be true; the message says why, in one line."""
