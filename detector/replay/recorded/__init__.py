"""Recorded events: what a backtest reads, whichever files, pipes or topics they lie in."""
