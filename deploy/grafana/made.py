"""All dashboards, as the text of their files."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana import alerts, health, overview, rules

FOLDER = Path(__file__).parent / "dashboards"


def made() -> dict[str, str]:
    """The text of each file by the file's name, which is the dashboard's uid."""
    dashboards = (module.dashboard() for module in (overview, alerts, health, rules))
    return {
        f"{made.uid}.json": json.dumps(made, cls=JSONEncoder, sort_keys=True, indent=2, ensure_ascii=False)
        + "\n"
        for made in dashboards
    }
