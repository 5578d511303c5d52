"""The plot."""

import re
from dataclasses import replace
from pathlib import Path

from bench.plot import write_plot
from tests.bench.made import results

PANELS = (
    "By users",
    "By rules",
    "By event size",
    "By key skew",
    "By workers",
    "Alert latency",
    "beside peers",
)


def texts(path: Path) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]+)</text>", path.read_text(encoding="utf-8"))


def test_all_that_was_measured_has_its_panel(tmp_path: Path) -> None:
    assert write_plot(results(), tmp_path / "deep" / "plot.svg")
    shown = texts(tmp_path / "deep" / "plot.svg")
    for panel in PANELS:
        assert sum(panel in text for text in shown) == 1, panel
    # Each bar says its median, with separators, and whose it is.
    assert {"20,000", "1,000,000", "by Zipf, exponent 1", "quix", "7,500", "alert p99", "ms"} <= set(shown)


def test_each_bar_has_its_least_and_its_most(tmp_path: Path) -> None:
    one = replace(results(), peers=None, latency=[], floor=[])
    write_plot(one, tmp_path / "plot.svg")
    shown = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    lines = re.findall(r'aria-label="([^"]+)"[^>]*rule mark"[^>]* y2="(-?[\d.]+)"', shown)
    assert len(lines) == 4 + 3 + 3 + 2 + 2
    assert all("least: " in label and "most: " in label and float(length) < 0 for label, length in lines)


def test_what_was_not_measured_has_none(tmp_path: Path) -> None:
    assert write_plot(replace(results(), matrix=[], peers=None), tmp_path / "plot.svg")
    shown = texts(tmp_path / "plot.svg")
    assert [panel for panel in PANELS if any(panel in text for text in shown)] == ["Alert latency"]


def test_where_nothing_can_be_drawn_nothing_is_written(tmp_path: Path) -> None:
    assert not write_plot(replace(results(), matrix=[], peers=None, latency=[]), tmp_path / "plot.svg")
    assert not (tmp_path / "plot.svg").exists()
