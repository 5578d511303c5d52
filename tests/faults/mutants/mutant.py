"""What a mutant is, and how a Lua script is changed at run time."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from detector.state import scripts


@dataclass(frozen=True)
class Mutant:
    """Breaks a promise in this process when it is applied; `scenario` names the one that catches it."""

    promise: str
    scenario: str
    apply: Callable[[], None]


def replaces(name: str, former: str, latter: str) -> Callable[[], None]:
    """Has a Lua script say something else in one place, before Redis gets it."""

    def apply() -> None:
        unchanged: scripts.Script = getattr(scripts, name)
        assert unchanged.text.count(former) == 1, f"{name} does not hold once: {former}"
        text = unchanged.text.replace(former, latter)
        changed = scripts.Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
        setattr(scripts, name, changed)
        scripts.ALL = tuple(changed if script is unchanged else script for script in scripts.ALL)

    return apply
