"""Simulated traffic of a payment platform with labelled fraud in it; the same seed gives the same bytes."""

from detector.simulate.event import encode
from detector.simulate.label import Label, write_labels
from detector.simulate.stream import Simulated, simulate
from detector.simulate.traffic import Traffic

__all__ = ["Label", "Simulated", "Traffic", "encode", "simulate", "write_labels"]
