"""Detects fraud in streams of payments, logins and complaints."""

from importlib.metadata import version

__version__ = version("streaming-fraud-detector")
