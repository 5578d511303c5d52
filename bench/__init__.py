"""Measures the detector: how many events a worker takes, how soon an alert is there, and beside what."""
