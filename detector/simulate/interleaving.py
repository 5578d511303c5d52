"""Normal life that goes on while a fraud happens."""

from __future__ import annotations

from detector.simulate.scene import Scene
from detector.simulate.spans import MINUTE
from detector.simulate.story import Act

# A fraud of seconds, too, has normal life around it.
_AROUND = 10 * MINUTE


def interleaved(acts: list[Act], scene: Scene) -> list[Act]:
    """The acts, and between the fraud's and shortly after them normal ones of those whom they are of."""
    fraud = [act for act in acts if act.mark]
    begin = min(act.at for act in fraud)
    end = max(act.at for act in fraud)
    normal: list[Act] = []
    for _ in range(max(3, len(fraud))):
        person = scene.draw.pick(fraud).person
        normal += scene.life.story_of(person, scene.draw.between(begin, end + _AROUND))
    return acts + normal
