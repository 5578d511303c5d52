"""What is particular to single columns and series of a panel: colours, units, links."""

from grafana_foundation_sdk.models.common import TableCellDisplayMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, ValueMap, ValueMappingResult

from deploy.grafana.words import Words

Properties = list[DynamicConfigValue]


def colour(name: str) -> Properties:
    """A fixed colour."""
    return [DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": name})]


def words(known: Words) -> Properties:
    """The colours of words in a column of a table."""
    mapping = ValueMap(
        options={
            word: ValueMappingResult(color=colour, index=at)
            for at, (word, colour) in enumerate(known.items())
        }
    )
    cell = {"type": TableCellDisplayMode.COLOR_TEXT}
    return [
        DynamicConfigValue(id_val="mappings", value=[mapping]),
        DynamicConfigValue(id_val="custom.cellOptions", value=cell),
    ]


def unit(name: str) -> Properties:
    """A unit."""
    return [DynamicConfigValue(id_val="unit", value=name)]


def width(pixels: int) -> Properties:
    """The width of a column."""
    return [DynamicConfigValue(id_val="custom.width", value=pixels)]


def wrapped() -> Properties:
    """Text that goes on in further lines instead of being cut off."""
    return [DynamicConfigValue(id_val="custom.cellOptions", value={"type": "auto", "wrapText": True})]


def link_to_alerts(title: str, variable: str, column: str) -> Properties:
    """A link to the dashboard of alerts, with what stands in a column of the row as a variable's value."""
    value = f"${{__data.fields.{column}:percentencode}}"
    url = f"/d/fraud-alerts/alerts?${{__url_time_range}}&var-{variable}={value}"
    return [DynamicConfigValue(id_val="links", value=[{"title": title, "url": url, "targetBlank": False}])]
