"""Lists kept beside the rules: named sets of members, and the two that give users and merchants a tier.

A file of a list has one member a line, in a tier list followed by a comma and its value; blank lines and
lines that begin with `#` say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from detector.core.events import FIELDS

Lists = Mapping[str, frozenset[str]]
"""What conditions look members up in, by name."""

NO_LISTS: Lists = {}

Members = dict[str, str]
"""A list's members with their values, which are empty but in a tier list."""

TIERS = {name: FIELDS["debit"][name].choices for name in ("user_tier", "merchant_tier")}
"""The lists that give a value to each member, with the values that there are."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_FAULTS_AT_MOST = 20


class BadListError(ValueError):
    """What is said of a list cannot be used; the text says why, and quotes no member."""


class BadLine(NamedTuple):
    """A line of a list's file that cannot be read; lines are numbered from 1."""

    number: int
    message: str


class BadLinesError(BadListError):
    """A list's file cannot be used; `lines` are the first of those that are wrong, `more` counts the rest."""

    def __init__(self, lines: list[BadLine], more: int) -> None:
        super().__init__("; ".join(f"line {line.number}: {line.message}" for line in lines))
        self.lines = lines
        self.more = more


def check_list_name(name: str) -> None:
    """Raise BadListError for a name that no list can have."""
    if not _NAME.fullmatch(name):
        raise BadListError(
            "a list's name is made of letters, digits, '-', '_' and '.', and begins with a letter or digit"
        )


def member_of(name: str, text: str, separator: str) -> tuple[str, str]:
    """The member that a text names, and the value that follows the separator in a tier list.

    Raises:
        BadListError: the text is no member, or the value is none of the tier's.
    """
    value = ""
    if choices := TIERS.get(name):
        member, found, value = (part.strip() for part in text.rpartition(separator))
        if not found:
            raise BadListError(f"expected MEMBER{separator}VALUE, with one of {', '.join(choices)}")
        if value not in choices:
            raise BadListError(f"the value must be one of {', '.join(choices)}")
    else:
        member = text.strip()
    _check_member(member)
    return member, value


def read_list(name: str, lines: Iterable[str]) -> Members:
    """The members that a file of the named list holds.

    Raises:
        BadListError: no list can have that name.
        BadLinesError: lines cannot be read.
    """
    check_list_name(name)
    members: Members = {}
    faults: list[BadLine] = []
    more = 0
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            member, value = member_of(name, text, ",")
            if members.setdefault(member, value) != value:
                raise BadListError("the member has another value on a line before this one")
        except BadListError as error:
            if len(faults) < _FAULTS_AT_MOST:
                faults.append(BadLine(number, str(error)))
            else:
                more += 1
    if faults:
        raise BadLinesError(faults, more)
    return members


def written(name: str, members: Members) -> Iterator[str]:
    """The lines of a list's file, without their ends, by member."""
    for member in sorted(members):
        yield f"{member},{members[member]}" if name in TIERS else member


def _check_member(member: str) -> None:
    if not member:
        raise BadListError("there is no member")
    if member.startswith("#"):
        raise BadListError("a member cannot begin with '#'")
    if "," in member:
        raise BadListError("a member has no comma; only user_tier and merchant_tier have values")
    if not member.isprintable():
        raise BadListError("a member has printable characters only")
