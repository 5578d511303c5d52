"""The report in a real Chromium: what an analyst sees and does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from detector.replay.report import report

from .browser import Opened, chromium
from .given import full


# One for the module and not for the run: while playwright is at work, asyncio's tests cannot be.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "full.html"
    path.write_text(report(full()), encoding="utf-8")
    return path


@pytest.fixture
def open_page(browser: Browser, file: Path) -> Callable[..., Opened]:
    return lambda **context: Opened(browser, file, **context)


def test_every_chart_is_drawn_and_nothing_is_fetched_or_complained_about(open_page: Callable[..., Opened]):
    opened = open_page()
    charts = opened.page.locator(".chart")
    assert charts.count() >= 3
    for chart in charts.all():
        assert chart.locator("svg .mark-rect path, svg .mark-symbol path").count() > 0, chart.get_attribute(
            "id"
        )
    assert opened.complaints == []
    assert opened.requests == []
