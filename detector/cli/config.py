"""`detector config`: the settings in force."""

from __future__ import annotations

import typer

from detector.cli.options import BootstrapServers, ConfigFile, settings_from
from detector.config import describe

app = typer.Typer(help="Look at the settings.", no_args_is_help=True)


@app.callback()
def _config() -> None:
    """Look at the settings."""


@app.command("show")
def show(config: ConfigFile = None, bootstrap_servers: BootstrapServers = None) -> None:
    """Print the settings in force as YAML; secrets are masked."""
    print(describe(settings_from(config, bootstrap_servers=bootstrap_servers)).rstrip())
