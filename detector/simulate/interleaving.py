"""Normal life that goes on while a fraud happens."""

from __future__ import annotations

from detector.simulate.scene import Scene
from detector.simulate.story import Act

# A fraud of seconds, too, has normal life around it.
_AROUND = 10 * 60 * 1000


def interleaved(acts: list[Act], scene: Scene) -> list[Act]:
    """The acts, and between them and shortly after them normal ones of those whom they are of."""
    begin = min(act.at for act in acts)
    end = max(act.at for act in acts)
    normal: list[Act] = []
    for _ in range(max(3, len(acts))):
        person = scene.draw.pick(acts).person
        normal += scene.life.story_of(person, scene.draw.between(begin, end + _AROUND))
    return acts + normal
