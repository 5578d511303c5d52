"""The settings in force, for people to read."""

from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from detector.config.settings import Settings

_WIDE = 1_000_000


def describe(settings: Settings) -> str:
    """Write the settings as YAML, secrets masked, each with the place it came from unless it is a default."""
    document = CommentedMap()
    for section, values in settings.model_dump(mode="json").items():
        document[section] = CommentedMap(values)
        for name in values:
            if origin := settings.origins.get((section, name)):
                document[section].yaml_add_eol_comment(origin, name)
    text = StringIO()
    writer = YAML()
    writer.width = _WIDE
    writer.dump(document, text)
    return text.getvalue()
