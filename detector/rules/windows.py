"""Reading of `window`: one selector, or several by name."""

from __future__ import annotations

from detector.core.measures import ONLY
from detector.core.rule import Selector, Watch, Window
from detector.rules.conditions import read_selector
from detector.rules.located import Entry, Located
from detector.rules.reading import Reading
from detector.rules.whens import read_when


def read_window(reading: Reading, node: Located, when: Located) -> Window:
    """A window with the conditions on its measures."""
    watches = _read_watches(reading, node)
    return Window(watches=watches, when=read_when(reading, when, selectors_by_name(watches)))


def selectors_by_name(watches: dict[str, Watch]) -> dict[str, Selector]:
    """The selectors of a window under the names that measures call them by."""
    return {name: watch.selector for name, watch in watches.items()}


def _read_watches(reading: Reading, node: Located) -> dict[str, Watch]:
    if not (isinstance(node.value, dict) and "select" in node.value):
        selector = read_selector(reading, node, ("within", "select"), "'window'")
        entries = node.value if isinstance(node.value, dict) else {}
        return {ONLY: Watch(selector=selector, within=_read_within(reading, node, entries, None))}
    entries = reading.mapping(node, ("select", "within"), "'window' with 'select'")
    default = reading.optional_duration(entries, "within", None)
    named = reading.mapping(entries["select"].node, None, "'select'", required=())
    if not named:
        reading.fault(entries["select"].mark, "'select' needs at least one named selector")
    return {name: _read_watch(reading, entry.node, name, default) for name, entry in named.items()}


def _read_watch(reading: Reading, node: Located, name: str, default: int | None) -> Watch:
    selector = read_selector(reading, node, ("within", "before"), f"the selector '{name}'")
    entries = node.value if isinstance(node.value, dict) else {}
    within = _read_within(reading, node, entries, default)
    before = reading.optional_duration(entries, "before", 0)
    if before and before >= within:
        message = "'before' must be shorter than 'within', or nothing is selected"
        reading.fault(entries["before"].node.mark, message)
    return Watch(selector=selector, within=within, before=before)


def _read_within(reading: Reading, node: Located, entries: dict[str, Entry], default: int | None) -> int:
    within = reading.optional_duration(entries, "within", default)
    if within is None:
        reading.fault(node.mark, "a window needs 'within', the time that it looks back")
    elif within == 0:
        reading.fault(node.mark, "'within' must be longer than nothing")
    return within or 0
