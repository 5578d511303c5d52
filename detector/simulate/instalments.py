"""Purchases on credit by which frauds come to cash."""

from __future__ import annotations

from detector.simulate.case import Case
from detector.simulate.event import Fields
from detector.simulate.people import Merchant, Person
from detector.simulate.scene import Scene
from detector.simulate.spans import SECOND
from detector.simulate.spending import instalment_fields
from detector.simulate.story import Act

# Fen: phones, gold and the like, which sell again; or no goods at all.
_AMOUNT = (200_000, 900_000)


def face_and_instalment(case: Case, scene: Scene, at: int, person: Person, merchant: Merchant) -> list[Act]:
    """A face verification, and the purchase that it releases a moment later."""
    face: Fields = {"channel": "app", "result": "passed", "purpose": "instalment"}
    bought = at + scene.draw.between(5 * SECOND, 45 * SECOND)
    fields = instalment_fields(scene.draw, merchant, "face") | {"amount": scene.draw.between(*_AMOUNT)}
    return [
        Act(at, person, "face_verification", face, case.mark("face")),
        Act(bought, person, "instalment", fields, case.mark("instalment")),
    ]
