"""`detector schema`: the published schemas, as JSON."""

from __future__ import annotations

import json
from typing import Any

import typer

from detector.cli.options import ConfigFile, settings_from

app = typer.Typer(help="Print the schemas of events, alerts, rule files and topics.", no_args_is_help=True)


@app.command("events")
def events() -> None:
    """Print the schema of an event on an input topic."""
    from detector.core.schemas import events_schema

    _print(events_schema())


@app.command("alerts")
def alerts() -> None:
    """Print the schema of an alert."""
    from detector.core.schemas import alerts_schema

    _print(alerts_schema())


@app.command("rules")
def rules() -> None:
    """Print the schema of a rule file, for editors."""
    from detector.rules.schema import rule_schema

    _print(rule_schema())


@app.command("asyncapi")
def asyncapi(config: ConfigFile = None) -> None:
    """Print the AsyncAPI document of the topics, as the settings name them."""
    from detector import __version__
    from detector.stream.asyncapi import asyncapi as document

    _print(document(settings_from(config), __version__))


def _print(schema: dict[str, Any]) -> None:
    print(json.dumps(schema, indent=2, ensure_ascii=False))
