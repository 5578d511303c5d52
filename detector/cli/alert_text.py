"""An alert as a person reads it: who, what, why, and what is advised."""

from __future__ import annotations

from rich.text import Text

from detector.cli.console import stdout
from detector.core.alert import Alert, Status
from detector.core.rule import Severity
from detector.core.texts import LANGUAGES, printable, printable_lines
from detector.core.times import utc

_STYLES = {
    Severity.INFO: "dim",
    Severity.LOW: "cyan",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "bold red",
    Severity.CRITICAL: "bold white on red",
}


def print_alert(alert: Alert) -> None:
    """Print one alert to stdout."""
    stdout.print(_readable(alert))


def _readable(alert: Alert) -> Text:
    is_raised = alert.status is Status.RAISED
    word = str(alert.severity).upper() if is_raised else "WITHDRAWN"
    text = Text()
    text.append(f" {word} ", _STYLES[alert.severity] if is_raised else "dim")
    text.append(f" {alert.title['en']}  {alert.title['zh']}\n", "bold")
    who = ", ".join(f"{name} {printable(value)}" for name, value in alert.entity.items())
    rows = {
        "who": f"{who}, at {utc(alert.event_time)} UTC",
        "why": "\n        ".join(printable_lines(alert.explanation[language]) for language in LANGUAGES),
        "do": alert.action,
        "alert": f"{alert.rule_id} {alert.alert_id}.{alert.revision}, {_events(alert.evidence_total)}",
    }
    for name, value in rows.items():
        text.append(f"  {name:5} ", "dim")
        text.append(f"{value}\n")
    return text


def _events(number: int) -> str:
    return "1 event" if number == 1 else f"{number} events"
