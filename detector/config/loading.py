"""From the sources to the settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from detector.config.faults import ConfigError, faults_of
from detector.config.layers import merge, read_environment, read_file, read_options, read_secret_files
from detector.config.settings import Settings


def load_settings(config_file: Path | None, overrides: Mapping[str, Mapping[str, Any]]) -> Settings:
    """Read the settings: options over environment over secret files over the YAML file over defaults.

    Args:
        config_file: The YAML file; None reads none.
        overrides: The options, nested like the file: ``{"http": {"port": 0}}``. None stands for not given.

    Raises:
        ConfigError: With one line for each fault.
    """
    file = [read_file(config_file)] if config_file else []
    stronger = [read_environment(), read_options(overrides)]
    merged = merge([*file, read_secret_files([*file, *stronger]), *stronger])
    try:
        settings = Settings.model_validate(merged.values)
    except ValidationError as error:
        raise ConfigError(faults_of(error, merged.origins)) from None
    return settings.with_origins(merged.origins)
