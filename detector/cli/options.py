"""Options that several commands share, and how they become settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detector.config import Settings, load_settings
from detector.core.rule import Rule
from detector.rules.reader import RuleFile
from detector.rules.rule_set import files_in_force

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="A YAML file of settings.", metavar="FILE"),
]
RuleDirectories = Annotated[
    list[Path] | None,
    typer.Option("--rules", help="A directory of rules to add; may be repeated.", metavar="DIR"),
]
NoCatalogue = Annotated[bool, typer.Option("--no-catalogue", help="Leave the shipped rules out.")]
BootstrapServers = Annotated[
    str | None,
    typer.Option("--bootstrap-servers", help="Kafka's address, HOST:PORT.", metavar="ADDRESS"),
]


def settings_from(
    config: Path | None,
    *,
    bootstrap_servers: str | None = None,
    rules: list[Path] | None = None,
    no_catalogue: bool = False,
) -> Settings:
    """The settings in force: options before environment, secret files, the YAML file and the defaults.

    Raises:
        ConfigError: what is wrong, one line a fault.
    """
    overrides: dict[str, dict[str, object]] = {
        "kafka": {"bootstrap_servers": bootstrap_servers},
        "rules": {
            "dirs": [str(path) for path in rules] if rules else None,
            "catalogue": False if no_catalogue else None,
        },
    }
    return load_settings(config, overrides)


def rules_from(settings: Settings) -> list[Rule]:
    """The rules that the settings name.

    Raises:
        RuleFaultsError: what is wrong with them.
    """
    return [file.rule for file in rule_files_from(settings)]


def rule_files_from(settings: Settings) -> list[RuleFile]:
    """The files of the rules that the settings name.

    Raises:
        RuleFaultsError: what is wrong with them.
    """
    directories = [Path(path) for path in settings.rules.dirs]
    return files_in_force(directories, settings.rules.catalogue, settings.state)
