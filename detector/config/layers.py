"""The sources of settings, each read into a layer: its values, and where each of them stands."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_settings import EnvSettingsSource, SettingsError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from detector.config.faults import ConfigError, unknown_name
from detector.config.settings import ENV_DELIMITER, ENV_PREFIX, Key, Settings, secret_keys, sections

Values = dict[str, Any]


@dataclass(frozen=True)
class Layer:
    """What one source says: values by section and name, and the place of each."""

    values: Values
    origins: dict[Key, str]


def read_file(path: Path) -> Layer:
    """Read the YAML file.

    Raises:
        ConfigError: It cannot be read, or is not a mapping of sections.
    """
    document = _parse(path)
    if not isinstance(document, CommentedMap):
        raise ConfigError([f"{path}: expected sections such as kafka, redis and rules"])
    values = {section: {} if content is None else content for section, content in document.items()}
    return Layer(values, _lines(path, document))


def _parse(path: Path) -> Any:
    try:
        document = YAML(typ="rt", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{path}: not UTF-8"]) from None
    except YAMLError as error:
        raise ConfigError([_not_yaml(path, error)]) from None
    return CommentedMap() if document is None else document


def _not_yaml(path: Path, error: YAMLError) -> str:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return f"{path}: not valid YAML"
    # The rest of a duplicate key's problem quotes both values, which may be secrets.
    problem = str(error.problem).split(" with value", 1)[0]
    return f"{path}:{error.problem_mark.line + 1}: not valid YAML: {problem}"


def _lines(path: Path, document: CommentedMap) -> dict[Key, str]:
    lines: dict[Key, str] = {}
    for section, content in document.items():
        lines[(str(section),)] = f"{path}:{document.lc.key(section)[0] + 1}"
        if isinstance(content, CommentedMap):
            lines |= {(str(section), str(name)): f"{path}:{content.lc.key(name)[0] + 1}" for name in content}
    return lines


def read_environment() -> Layer:
    """Read the variables that start with ``DETECTOR_``; empty ones count as not set.

    Raises:
        ConfigError: One names a section that does not exist, or a whole section is not JSON.
    """
    _refuse_unknown_sections()
    source = EnvSettingsSource(
        Settings, env_prefix=ENV_PREFIX, env_nested_delimiter=ENV_DELIMITER, env_ignore_empty=True
    )
    try:
        values = source()
    except SettingsError as error:
        raise ConfigError([f"environment: {error}"]) from None
    return Layer(values, _origins(values, _variable))


def _refuse_unknown_sections() -> None:
    # Names without the delimiter are left alone: Kubernetes sets DETECTOR_PORT and the like for a service.
    faults = []
    for variable in sorted(os.environ):
        section, delimiter, _ = variable.lower().removeprefix(ENV_PREFIX.lower()).partition(ENV_DELIMITER)
        if variable.upper().startswith(ENV_PREFIX) and delimiter and section not in sections():
            faults.append(f"environment {variable}: {section}: {unknown_name(section, sections())}")
    if faults:
        raise ConfigError(faults)


def read_options(options: Mapping[str, Mapping[str, Any]]) -> Layer:
    """Take the command line's options, nested like the file; None stands for an option not given."""
    values: Values = {
        section: {name: value for name, value in content.items() if value is not None}
        for section, content in options.items()
    }
    return Layer(values, _origins(values, lambda key: "command line"))


def read_secret_files(layers: list[Layer]) -> Layer:
    """Read the file that each ``NAME_file`` names, whichever layer named it, as the value of NAME.

    Raises:
        ConfigError: A file cannot be read, or is empty.
    """
    named = merge(layers)
    values: Values = {}
    faults = []
    for section, name in secret_keys():
        content = named.values.get(section)
        path = content.get(f"{name}_file") if isinstance(content, dict) else None
        if isinstance(path, str | Path) and path:
            try:
                values.setdefault(section, {})[name] = _read_secret(Path(path))
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                origin = named.origins[section, f"{name}_file"]
                faults.append(f"{origin}: {section}.{name}_file: cannot read {str(path)!r}: {reason}")
    if faults:
        raise ConfigError(faults)
    return Layer(values, {key: f"file {named.values[key[0]][f'{key[1]}_file']}" for key in _keys(values)})


def _read_secret(path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    if not secret:
        raise ValueError("it is empty")
    return secret


def _variable(key: Key) -> str:
    return f"environment {ENV_PREFIX}{ENV_DELIMITER.join(key).upper()}"


def _origins(values: Values, place: Callable[[Key], str]) -> dict[Key, str]:
    return {key: place(key) for key in _keys(values)}


def _keys(values: Values) -> list[Key]:
    return [
        key
        for section, content in values.items()
        for key in ([(section, name) for name in content] if isinstance(content, dict) else [(section,)])
    ]


def merge(layers: list[Layer]) -> Layer:
    """Lay the layers on one another, the strongest last."""
    values: Values = {}
    origins: dict[Key, str] = {}
    for layer in layers:
        origins |= layer.origins
        for section, content in layer.values.items():
            below = values.get(section)
            if isinstance(below, dict) and isinstance(content, dict):
                values[section] = {**below, **content}
            else:
                values[section] = content
    return Layer(values, origins)
