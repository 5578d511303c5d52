"""A scene, and frauds that are told in it."""

from detector.simulate.case import Case, Kind, Variant
from detector.simulate.draw import Draw
from detector.simulate.everyday import EVERYDAY
from detector.simulate.frauds import KINDS
from detector.simulate.life import Life
from detector.simulate.people import People
from detector.simulate.scene import Scene

BEGIN = 1_767_225_600_000
KIND_NAMED = {kind.name: kind for kind in KINDS}


def scene(seed: str = "a scene") -> Scene:
    draw = Draw(seed)
    people = People(2_000, draw, BEGIN)
    return Scene(draw, people, Life(draw, people, EVERYDAY))


def case(kind: Kind, variant: Variant, number: int = 0) -> Case:
    """A case of its own user and merchant."""
    return Case(f"f{number}", kind.name, variant, BEGIN, number, number)
