"""What is particular to single columns and series of a panel: colours, units, links."""

from grafana_foundation_sdk.models.common import TableCellDisplayMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, ValueMap, ValueMappingResult

from deploy.grafana.words import Words

Properties = list[DynamicConfigValue]

TO_THE_ALERT = "/d/fraud-alerts/alerts?${__url_time_range}&var-alert_id="


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


def link_to_alert() -> Properties:
    """A link from a row to the alert whose id stands in its column `alert_id`."""
    link = {
        "title": "Show this alert",
        "url": TO_THE_ALERT + "${__data.fields.alert_id}",
        "targetBlank": False,
    }
    return [DynamicConfigValue(id_val="links", value=[link])]
