"""What is wrong with a file that is not YAML, in words for its writer, and where to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError, StringMark

from detector.rules.faults import Mark, quoted

_FULL_WIDTH_SIGN = re.compile(r"(?<=[\w)\]}\"'])\s*([\uff1a\uff0c\uff5b\uff5d\uff3b\uff3d])", re.ASCII)
_FULL_WIDTH_SHIFT = 0xFEE0
_COMPARISON = re.compile(r"(?:^|[:{,])\s*(>=?)\s*([-\w.]*)")
_OPERATORS = {">": "gt", ">=": "gte"}
_NO_BLANK = re.compile(r"\s*(?:- )*(?P<name>[A-Za-z_]+):(?P<value>\S.*)")
_NEEDS_QUOTES = "%@`&*!|>"


class _Broken(NamedTuple):
    """Where a parser stopped (`line` counts from 0) and why; `begin` is where what it was reading begins."""

    lines: list[str]
    line: int
    column: int
    begin: Mark | None
    problem: str
    context: str

    @property
    def before(self) -> str:
        """What stands before the place on its line."""
        return self.here[: self.column]

    @property
    def here(self) -> str:
        """The line that the place is on."""
        return self.lines[self.line] if self.line < len(self.lines) else ""

    @property
    def mark(self) -> Mark:
        """The place."""
        return Mark(self.line + 1, self.column + 1)


_Explained = tuple[Mark, str]


def explain(text: str, error: MarkedYAMLError) -> _Explained:
    """Where a YAML error is best mended, and how."""
    at: StringMark | None = error.problem_mark or error.context_mark
    if at is None:
        return Mark(1, 1), f"not YAML: {error.problem}"
    begin = error.context_mark and Mark(error.context_mark.line + 1, error.context_mark.column + 1)
    problem, context = str(error.problem or ""), str(error.context or "")
    broken = _Broken(text.splitlines(), at.line, at.column, begin, problem, context)
    for explanation in (_full_width_sign, _comparison_sign, *_BY_PROBLEM):
        if explained := explanation(broken):
            return explained
    return broken.mark, f"not YAML: {broken.problem}"


def _full_width_sign(broken: _Broken) -> _Explained | None:
    numbers = {broken.line, *((broken.begin.line - 1,) if broken.begin else ())}
    for number in sorted(numbers):
        found = _FULL_WIDTH_SIGN.search(broken.lines[number]) if number < len(broken.lines) else None
        if found:
            sign = found[1]
            meant = chr(ord(sign) - _FULL_WIDTH_SHIFT)
            message = f"{quoted(sign)} is a full-width sign: YAML needs '{meant}' and a blank"
            return Mark(number + 1, found.start(1) + 1), message
    return None


def _comparison_sign(broken: _Broken) -> _Explained | None:
    found = _COMPARISON.search(broken.here)
    if found is None or not ("'>'" in broken.problem or "block scalar" in broken.context):
        return None
    operator = _OPERATORS[found[1]]
    message = f"'{found[1]}' is written as the operator {operator}: {{{operator}: {found[2] or 'VALUE'}}}"
    return Mark(broken.line + 1, found.start(1) + 1), message


def _tab(broken: _Broken) -> _Explained | None:
    if "'\\t'" not in broken.problem:
        return None
    return broken.mark, "a tab stands here: YAML is indented with spaces"


def _needs_quotes(broken: _Broken) -> _Explained | None:
    found = re.match(r"found character '(.)' that cannot start any token", broken.problem)
    sign = found[1] if found else broken.here[broken.column - 1 : broken.column]
    if sign not in _NEEDS_QUOTES or not (found or re.search(r"an? (alias|anchor)", broken.context)):
        return None
    return broken.mark, f"a text that begins with '{sign}' must stand in quotes"


def _second_colon(broken: _Broken) -> _Explained | None:
    if broken.problem != "mapping values are not allowed here":
        return None
    if re.search(r":\s", broken.before):
        return broken.mark, "a second ': ' in one line: put a text that holds one in quotes"
    return Mark(broken.line + 1, _indent(broken.here) + 1), _INDENTED


def _no_colon(broken: _Broken) -> _Explained | None:
    if broken.problem != "could not find expected ':'" or broken.begin is None:
        return None
    line = broken.lines[broken.begin.line - 1]
    if found := _NO_BLANK.fullmatch(line):
        meant = quoted(f"{found['name']}: {found['value']}")
        return broken.begin, f"a blank is missing after the colon: {meant}"
    return broken.begin, f"{quoted(line.strip())} is no 'name: value', nor does it go on with the line above"


def _open_quote(broken: _Broken) -> _Explained | None:
    if "quoted scalar" not in broken.context or broken.begin is None:
        return None
    if "escape character" in broken.problem:
        return broken.mark, "a backslash means something in double quotes: use single quotes, or double it"
    return broken.begin, "this quote is never closed"


def _open_bracket(broken: _Broken) -> _Explained | None:
    found = re.fullmatch(r"expected ',' or '([}\]])', but got '(.+)'", broken.problem)
    if found is None or broken.begin is None:
        return None
    if found[2] == "<stream end>" or broken.line + 1 > broken.begin.line:
        opened = "{" if found[1] == "}" else "["
        return broken.begin, f"this '{opened}' is never closed: add '{found[1]}'"
    return broken.mark, f"a ',' or '{found[1]}' is missing before this place"


def _after_the_end(broken: _Broken) -> _Explained | None:
    """What follows where nothing can: a surplus bracket, a text after a quote, a line out of place."""
    found = re.fullmatch(
        r"expected (?:<block end>|'<document start>'), but found (?:'(.+)'|\('(.+)',\))", broken.problem
    )
    if found is None:
        return None
    token = found[1] or found[2]
    if token in ("}", "]", ","):
        return broken.mark, f"this '{token}' is too many: nothing is open here"
    if broken.before.strip(" -"):
        return broken.mark, "a text that begins with a bracket or a quote must stand in quotes as a whole"
    return broken.mark, _INDENTED


def _misplaced_item(broken: _Broken) -> _Explained | None:
    if broken.problem != "sequence entries are not allowed here":
        return None
    return broken.mark, "a list item '- ' begins a line of its own, below the name of its list"


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


_INDENTED = "this line's indentation fits no line above: what belongs together begins in the same column"
_BY_PROBLEM: tuple[Callable[[_Broken], _Explained | None], ...] = (
    _tab,
    _needs_quotes,
    _second_colon,
    _no_colon,
    _open_quote,
    _open_bracket,
    _after_the_end,
    _misplaced_item,
)
