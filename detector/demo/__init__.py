"""The whole detector on simulated traffic, with nothing installed beside it."""
