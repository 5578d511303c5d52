"""Which rule in shadow is set against which live one, as the user said or as far as it can be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import typer

from detector.core.rule import Mode, Rule
from detector.rules.counterparts import counterparts, is_named_after
from detector.rules.faults import nearest

_AFTER = "which it is named after"
_ALIKE = "which alone watches the same events by the same key"


class Pair(NamedTuple):
    """A rule in shadow and the live one that it may replace; `why` says how that was found, where it was."""

    shadow: Rule
    live: Rule | None
    why: str = ""


def pair_of(rules: Mapping[str, Rule], shadow_id: str, live_id: str | None) -> Pair:
    """The pair that the user asks for; the rules in force are given by id.

    Raises:
        typer.BadParameter: a rule is not there or not of that mode, or its counterpart must be named.
    """
    shadow = _named(rules, shadow_id, Mode.SHADOW, "SHADOW_RULE")
    if live_id is not None:
        return Pair(shadow, _named(rules, live_id, Mode.LIVE, "LIVE_RULE"))
    pair = found_pair(rules, shadow)
    if pair.live is None:
        raise typer.BadParameter(
            f"name the live rule that {shadow_id} may replace: {pair.why}", param_hint="'LIVE_RULE'"
        )
    return pair


def found_pair(rules: Mapping[str, Rule], shadow: Rule) -> Pair:
    """The rule with the live one that fits; without one where none does, or several do."""
    found = counterparts(shadow, rules.values())
    if len(found) != 1:
        return Pair(shadow, None, _choice(found, rules))
    (live,) = found
    return Pair(shadow, live, _AFTER if is_named_after(shadow, live) else _ALIKE)


def _named(rules: Mapping[str, Rule], rule_id: str, mode: Mode, argument: str) -> Rule:
    rule = rules.get(rule_id)
    if rule is not None and rule.mode is mode:
        return rule
    is_so = "in shadow" if mode is Mode.SHADOW else str(mode)
    if rule is not None:
        message = f"rule {rule_id} is not {is_so}, its mode is {rule.mode}"
    elif of_mode := [known.id for known in rules.values() if known.mode is mode]:
        message = f"there is no rule '{rule_id}'; {nearest(rule_id, of_mode)}"
    else:
        message = f"there is no rule '{rule_id}', none is {is_so}: name the workers' directories with --rules"
    raise typer.BadParameter(message, param_hint=f"'{argument}'")


def _choice(found: list[Rule], rules: Mapping[str, Rule]) -> str:
    if found:
        return f"{', '.join(rule.id for rule in found)} watch the same events by the same key"
    live = sorted(rule.id for rule in rules.values() if rule.mode is Mode.LIVE)
    return (
        f"none watches the same events by the same key; live are {', '.join(live)}"
        if live
        else "none is live"
    )
