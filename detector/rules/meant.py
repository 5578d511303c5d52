"""What a value that cannot be used was probably meant to be: each hint begins with ': ', or is empty."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from detector.config.values import format_duration
from detector.core.durations import parse_duration
from detector.rules.located import Located

MONEY = ("amount", "new_limit")
"""The fields that hold an amount in the currency's minor unit."""

_UNITS = {
    **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds", "毫秒"), 1),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "秒"), 1_000),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "分", "分钟"), 60_000),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "时", "小时"), 3_600_000),
    **dict.fromkeys(("d", "day", "days", "天", "日"), 86_400_000),
    **dict.fromkeys(("w", "week", "weeks", "周"), 604_800_000),
}
_LETTERS = {1: "ms", 1_000: "s", 60_000: "m", 3_600_000: "h", 86_400_000: "d"}
_PART = re.compile(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*([^\W\d_]+)\s*")
_NUMBER = re.compile(r"\d{1,9}")
_NEVER = ("off", "no", "none", "never", "false")
_TRUE = ("yes", "on", "y", "true", "1", "是")
_FALSE = ("no", "off", "n", "false", "0", "否")
_COMPARISON = re.compile(r"\s*(?P<sign>>=|<=|=>|=<|==|!=|>|<|=|≥|≤)\s*(?P<value>\S.*)")
_CONDITION = re.compile(rf"(?P<name>[^<>=!≥≤]*[^<>=!≥≤\s]){_COMPARISON.pattern}")
_SIGNS = {
    **dict.fromkeys((">=", "=>", "≥"), "gte"),
    **dict.fromkeys(("<=", "=<", "≤"), "lte"),
    **dict.fromkeys(("==", "="), "eq"),
    "!=": "ne",
    ">": "gt",
    "<": "lt",
}
_GROUPED = re.compile(r"\d{1,3}(?:[,，']\d{3})+")
_YUAN = re.compile(r"[¥￥]?\s*(?P<number>\d+(?:\.\d{1,2})?)\s*(?:yuan|cny|rmb|元|块)?", re.IGNORECASE)
_FEN_IN_YUAN = 100
_TOO_LARGE = 10**15
_LONGEST = 40


def meant_duration(node: Located) -> str:
    """For a value that is no duration."""
    written = _short(node.written)
    if written.lower() in (*_NEVER, "0"):
        return ": write 0s"
    if _NUMBER.fullmatch(written):
        return f": say the unit, as in {written}s, {written}m, {written}h or {written}d"
    text = re.sub(r"^PT?", "", written).replace("T", "")
    parts = [(Decimal(found[1]), found[2].lower()) for found in _PART.finditer(text)]
    if not parts or _PART.sub("", text) or any(unit not in _UNITS for _, unit in parts):
        return ""
    total = sum(number * _UNITS[unit] for number, unit in parts)
    if total != int(total):
        return ""
    unit = _LETTERS.get(_UNITS[parts[0][1]])
    is_plain = len(parts) == 1 and unit is not None and parts[0][0] == int(parts[0][0])
    return f": write {parts[0][0]}{unit}" if is_plain else f": write {format_duration(int(total))}"


def meant_number(node: Located, name: str) -> str:
    """For a value that is no whole number, where `name` holds or measures one."""
    written = _short(node.written)
    if comparison := meant_comparison(written):
        return comparison
    if re.fullmatch(r"\d{1,15}", written):
        return f": write {int(written)}, without quotes" if isinstance(node.value, str) else ""
    if _GROUPED.fullmatch(written):
        return f": write {re.sub('[^0-9]', '', written)}"
    if _is_money(name) and (found := _YUAN.fullmatch(written)):
        fen = int(Decimal(found["number"]) * _FEN_IN_YUAN)
        return f": amounts are in fen, so {found['number']} yuan is {fen}"
    if parse_duration(written) is not None:
        return ": only 'span' is compared with a duration"
    return _as_whole(written)


def _as_whole(written: str) -> str:
    try:
        number = Decimal(written)
    except InvalidOperation:
        return ""
    is_whole = number.is_finite() and -_TOO_LARGE < number < _TOO_LARGE and number == int(number)
    return f": write {int(number)}" if is_whole else ""


def _is_money(name: str) -> bool:
    return any(re.search(rf"\b{field}\b", name) for field in MONEY)


def meant_text(node: Located) -> str:
    """For a number, or a truth value, that should be a text."""
    return f": put it in quotes, '{node.written}'" if isinstance(node.value, (bool, int, float)) else ""


def meant_truth(node: Located) -> str:
    """For a value that is neither true nor false."""
    written = _short(node.written).lower()
    if written in _TRUE:
        return ": write true"
    return ": write false" if written in _FALSE else ""


def meant_comparison(text: str) -> str:
    """For a text such as '>= 5'."""
    found = _COMPARISON.fullmatch(_short(text))
    return f": write {{{_SIGNS[found['sign']]}: {found['value']}}}" if found else ""


def meant_condition(text: str) -> str:
    """For a text such as 'count >= 5'."""
    found = _CONDITION.fullmatch(_short(text))
    return f": write {{{found['name']}: {{{_SIGNS[found['sign']]}: {found['value']}}}}}" if found else ""


def meant_name(name: str) -> str:
    """For a name into which a colon has slipped: 'auth_method:none' instead of 'auth_method: none'."""
    before, colon, after = _short(name).replace("：", ":").partition(":")
    return f"; a blank is missing after the colon: '{before}: {after}'" if colon and before else ""


def _short(text: str) -> str:
    """The text, or nothing where it is too long for anything that could be meant."""
    return text.strip() if len(text) <= _LONGEST else ""
