"""Backtests: the same engine over recorded events."""
