"""The words of alerts and metrics and their colours: one word has one colour on every dashboard."""

from collections.abc import Mapping

Words = Mapping[str, str]

SEVERITIES: Words = {
    "critical": "dark-red",
    "high": "orange",
    "medium": "yellow",
    "low": "green",
    "info": "blue",
}
MODES: Words = {"live": "blue", "shadow": "purple", "off": "text"}
STATUSES: Words = {"raised": "orange", "withdrawn": "text"}
UNMARKED = "unmarked"
DISPOSITIONS: Words = {"confirmed": "red", "false_positive": "green", "unclear": "yellow", UNMARKED: "text"}
EVENT_OUTCOMES: Words = {"accepted": "green", "duplicate": "blue", "too_late": "orange", "refused": "red"}
COMMIT_OUTCOMES: Words = {
    "applied": "green",
    "already_applied": "blue",
    "fenced": "orange",
    "mismatch": "red",
}
RELOAD_OUTCOMES: Words = {"applied": "green", "unchanged": "blue", "refused": "red"}
ARCHIVE_OUTCOMES: Words = {"written": "green", "known": "blue", "refused": "red"}
