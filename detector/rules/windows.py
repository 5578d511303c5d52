"""Reading of `window`: one selector, or several by name."""

from __future__ import annotations

from collections.abc import Mapping

from detector.core.measures import ONLY
from detector.core.rule import Selector, Watch, Window
from detector.rules.conditions import read_selector
from detector.rules.faults import quoted
from detector.rules.located import Entry, Located
from detector.rules.reading import UNREADABLE, Reading
from detector.rules.whens import read_when

ONE_KEYS = ("event", "where", "within")
SEVERAL_KEYS = ("select", "within")
SELECTOR_KEYS = (*ONE_KEYS, "before")


def read_window(
    reading: Reading, node: Located, when: Located | None, elsewhere: Mapping[str, str]
) -> Window:
    """A window with the conditions on its measures; `elsewhere` as in `Reading.mapping`."""
    watches = _read_watches(reading, node, elsewhere)
    if when is None and "when" not in reading.misplaced:
        reading.fault(node.mark, "a window needs 'when' beside it")
    alternatives = read_when(reading, when, selectors_by_name(watches)) if when and watches else ()
    return Window(watches=watches, when=alternatives)


def selectors_by_name(watches: dict[str, Watch]) -> dict[str, Selector]:
    """The selectors of a window under the names that measures call them by."""
    return {name: watch.selector for name, watch in watches.items()}


def _read_watches(reading: Reading, node: Located, elsewhere: Mapping[str, str]) -> dict[str, Watch]:
    if not (isinstance(node.value, dict) and "select" in node.value):
        entries = reading.mapping(node, ONE_KEYS, "'window'", ("event",), elsewhere)
        within = _read_within(reading, node, entries, None)
        return {ONLY: Watch(selector=read_selector(reading, entries), within=within)}
    entries = reading.mapping(node, SEVERAL_KEYS, "'window' with 'select'", (), elsewhere)
    default = reading.optional_duration(entries, "within", None)
    select = entries["select"]
    named = reading.mapping(select.node, None, "'select'")
    if select.node.value == {}:
        reading.fault(select.mark, "'select' needs at least one named selector")
    faults = len(reading.faults)
    for name, entry in named.items():
        reading.name(Located(entry.mark, name, name), "a selector's name")
    are_named = len(reading.faults) == faults
    watches = {name: _read_watch(reading, entry.node, name, default) for name, entry in named.items()}
    # What cannot be called by its name cannot be measured either: that was said.
    return watches if are_named else {}


def _read_watch(reading: Reading, node: Located, name: str, default: int | None) -> Watch:
    entries = reading.mapping(node, SELECTOR_KEYS, f"the selector {quoted(name)}", required=("event",))
    within = _read_within(reading, node, entries, default)
    before = reading.optional_duration(entries, "before", 0)
    if before and before >= within > UNREADABLE:
        message = "'before' must be shorter than 'within', or nothing is selected"
        reading.fault(entries["before"].node.mark, message)
    return Watch(selector=read_selector(reading, entries), within=within, before=before)


def _read_within(reading: Reading, node: Located, entries: dict[str, Entry], default: int | None) -> int:
    within = reading.optional_duration(entries, "within", default)
    if within is None and isinstance(node.value, dict) and "within" not in reading.misplaced:
        reading.fault(node.mark, "a window needs 'within', the time that it looks back")
    elif within == 0:
        mark = entries["within"].node.mark if "within" in entries else node.mark
        reading.fault(mark, "'within' must be longer than nothing")
    return within or 1
