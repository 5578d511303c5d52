"""The look-alikes of the scenario set."""

from detector.simulate.lookalikes.lookalike import LookAlike

LOOK_ALIKES: tuple[LookAlike, ...] = ()

__all__ = ["LOOK_ALIKES", "LookAlike"]
