"""Taking up changed rules and lists while the worker runs; what is broken is refused, and nothing changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum

from detector.core.lists import TIERS
from detector.core.rule import Rule
from detector.monitor.metrics import Metrics
from detector.rules.faults import RuleFaultsError
from detector.state.errors import CorruptStateError, StateError, StateRefused
from detector.stream.rulebook import InForce, ListsMissingError, Rulebook, Stamp, needed

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_LOOKS_PER_RULES = 2
"""Lists are looked at every second; the rules' files, which may lie on a slow disk, every other."""


class Outcome(StrEnum):
    """What became of an attempt to take up what has changed."""

    APPLIED = "applied"
    REFUSED = "refused"
    UNCHANGED = "unchanged"


class Reload:
    """Looks for changed rules and lists, and hands over what is to be in force.

    Rule files count as changed when two looks on end see them so: nobody is to read half of a copy.

    Args:
        book: reads and judges, and knows what is in force.
        use: takes over what is newly in force; the second argument says whether its rules are others.
        asked: set from outside to have the rules read at once.
        metrics: counts the attempts.
    """

    def __init__(
        self,
        book: Rulebook,
        use: Callable[[InForce, bool], None],
        asked: asyncio.Event,
        metrics: Metrics,
    ) -> None:
        self._book = book
        self._use = use
        self._asked = asked
        self._outcomes = {outcome: metrics.rules_reload_total.labels(outcome) for outcome in Outcome}
        self._shown_refused = metrics.rules_refused
        self._files_are_refused = False
        self._seen_stamp = book.read_stamp
        self._judged_versions = book.in_force.versions
        self._wanting: frozenset[str] = frozenset()
        self._rules_are_due = False
        self._complaint = ""

    async def run(self) -> None:
        """Look again and again, until cancelled.

        Raises:
            StateRefused: Redis does not let this user read the lists, so a change would never be taken up.
        """
        looks = 0
        while True:
            await self._pause()
            looks += 1
            try:
                await self._look(with_rules=looks % _LOOKS_PER_RULES == 0)
            except StateRefused:
                raise
            except StateError as error:
                self._complain(str(error))
            else:
                self._complain("")

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._asked.wait()

    async def _look(self, with_rules: bool) -> None:
        """Take up what has changed.

        Raises:
            StateError: the lists cannot be read now; what is due stays so.
        """
        if self._asked.is_set():
            self._asked.clear()
            self._rules_are_due = True
        if with_rules and self._has_changed(await self._book.stamp()):
            self._rules_are_due = True
        versions = await self._book.versions()
        if self._rules_are_due or self._wanting & versions.keys():
            await self._judge(versions, anew=True)
            self._rules_are_due = False
        elif self._relevant(versions) != self._judged_versions:
            await self._judge(versions, anew=False)

    def _has_changed(self, stamp: Stamp) -> bool:
        settled = stamp == self._seen_stamp
        self._seen_stamp = stamp
        return settled and stamp != self._book.read_stamp

    def _relevant(self, versions: Mapping[str, str]) -> dict[str, str]:
        names = needed(self._book.in_force.rules) | TIERS.keys()
        return {name: version for name, version in versions.items() if name in names}

    async def _judge(self, versions: Mapping[str, str], anew: bool) -> None:
        """Put in force what is there now, the rules read anew or as they are; else say why not."""
        if anew:
            self._wanting = frozenset()
        try:
            files = await self._book.read() if anew else self._book.in_force.files
            found = await self._book.judge(files, versions)
        except RuleFaultsError as error:
            if anew and isinstance(error, ListsMissingError):
                self._wanting = error.names
            self._refuse([str(fault) for fault in error.faults], anew)
        except CorruptStateError as error:
            self._refuse([str(error)], anew)
        except StateError:
            raise
        except Exception:
            # Whatever a file makes the reader do, the rules in force must go on.
            log.exception("rules or lists could not be judged")
            self._refuse(["this is a mistake of the detector, which the log tells of"], anew)
        else:
            # Other lists are taken up while files are refused.
            self._files_are_refused &= not anew
            self._shown_refused.set(self._files_are_refused)
            self._put_in_force(found)
        self._judged_versions = self._relevant(versions)

    def _refuse(self, reasons: list[str], anew: bool) -> None:
        self._outcomes[Outcome.REFUSED].inc()
        self._files_are_refused |= anew
        self._shown_refused.set(True)
        for reason in reasons:
            log.error("changed rules or lists are refused, those in force stay: %s", reason)

    def _put_in_force(self, found: InForce) -> None:
        before = self._book.in_force
        other_rules = found.rules != before.rules
        self._book.in_force = found
        if not other_rules and found.versions == before.versions:
            self._outcomes[Outcome.UNCHANGED].inc()
            return
        self._use(found, other_rules)
        self._outcomes[Outcome.APPLIED].inc()
        if other_rules:
            log.info("changed rules are in force: %s", _told(before.rules, found.rules))
        for name, stored in found.lists.items():
            if before.versions.get(name) != stored.version:
                log.info("the list %s is read, %d members", name, len(stored.members))

    def _complain(self, complaint: str) -> None:
        """Log that lists cannot be read, or can be again, once."""
        if complaint and not self._complaint:
            log.warning("changed lists and rules are not taken up for now: %s", complaint)
        elif self._complaint and not complaint:
            log.info("changed lists and rules are taken up again")
        self._complaint = complaint


def _told(before: list[Rule], now: list[Rule]) -> str:
    old, new = ({rule.id: rule for rule in rules} for rules in (before, now))
    kinds = {
        "added": [name for name in new if name not in old],
        "changed": [name for name in new if name in old and new[name] != old[name]],
        "removed": [name for name in old if name not in new],
    }
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names)
