"""Tables of Prometheus' answers: which columns stay, and what they are called."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig


def joined(panel: table.Panel, by: str, columns: Mapping[str, str]) -> table.Panel:
    """Join the answers of all queries by a label, and keep these columns under these names, in this order."""
    panel.with_transformation(
        DataTransformerConfig(id_val="joinByField", options={"byField": by, "mode": "outer"})
    )
    return only(panel, columns)


def only(panel: table.Panel, columns: Mapping[str, str]) -> table.Panel:
    """Keep these columns under these names, in this order."""
    kept = {"include": {"names": list(columns)}}
    panel.with_transformation(DataTransformerConfig(id_val="filterFieldsByName", options=kept))
    order = {name: at for at, name in enumerate(columns)}
    renamed = {"indexByName": order, "renameByName": dict(columns)}
    return panel.with_transformation(DataTransformerConfig(id_val="organize", options=renamed))
