"""The report in a real Chromium: what an analyst sees and does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from detector.core.alert import Alert
from detector.replay.report import ReportData, report

from .browser import Opened, chromium
from .given import full, only_alerts, plain, quiet

Open = Callable[..., Opened]
PHONE = {"viewport": {"width": 390, "height": 844}}


# One for the module and not for the run: while playwright is at work, asyncio's tests cannot be.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("report"), full())


@pytest.fixture
def open_page(browser: Browser, file: Path) -> Iterator[Open]:
    """Opens the full report; in the end no page may have complained, or asked the network for anything."""
    pages: list[Opened] = []

    def opened(of: Path = file, **context: object) -> Opened:
        pages.append(Opened(browser, of, **context))
        return pages[-1]

    yield opened
    for one in pages:
        assert one.complaints == []
        assert one.requests == []
        one.page.close()


def written(folder: Path, data: ReportData) -> Path:
    path = folder / "report.html"
    path.write_text(report(data), encoding="utf-8")
    return path


def shown(page: Page, table: str) -> list[list[str]]:
    """The texts of the rows of a table that are to be seen, cell by cell."""
    rows = page.locator(f"#table-{table} tbody tr:visible")
    return rows.evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))")


def column(page: Page, table: str, title: str) -> list[str]:
    titles = page.locator(f"#table-{table} thead th").all_inner_texts()
    place = next(place for place, text in enumerate(titles) if text.startswith(title))
    return [row[place] for row in shown(page, table)]


def test_every_chart_is_drawn(open_page: Open):
    page = open_page().page
    names = page.locator(".chart").evaluate_all("charts => charts.map(chart => chart.id)")
    assert len(names) == 12
    for name in names:
        marks = page.locator(f"#{name} svg .mark-rect path, #{name} svg .mark-symbol path")
        sizes = marks.evaluate_all("marks => marks.map(mark => mark.getBoundingClientRect().width)")
        assert len(sizes) > 0, name
        assert min(sizes) > 1, name


def test_charts_have_the_colours_of_severities(open_page: Open):
    page = open_page().page
    fills = page.locator("#chart-by-rule .mark-rect path").evaluate_all(
        "marks => [...new Set(marks.map(mark => getComputedStyle(mark).fill))].sort()"
    )
    # Medium, high and critical: colours, and not the black of a name that the style does not know.
    assert fills == ["rgb(134, 21, 95)", "rgb(212, 73, 26)", "rgb(227, 160, 8)"]


def test_a_filter_narrows_rows_to_those_with_all_its_words(open_page: Open):
    page = open_page().page
    everything = shown(page, "alerts")
    page.locator("#table-alerts input").fill("face HIGH")
    found = shown(page, "alerts")
    assert 0 < len(found) < len(everything)
    assert found == [row for row in everything if "face-after" in str(row) and "high" in row]
    assert page.locator("#table-alerts output").inner_text() == f"{len(found)} of {len(everything)} rows"
    page.locator("#table-alerts input").fill("")
    assert shown(page, "alerts") == everything


def test_a_facet_lists_its_values_by_weight_and_narrows_rows(open_page: Open):
    page = open_page().page
    choice = page.get_by_label("severity").last
    assert choice.locator("option").all_inner_texts() == ["all", "medium", "high", "critical"]
    choice.select_option("critical")
    assert set(column(page, "alerts", "severity")) == {"critical"}


def test_a_column_sorts_numbers_as_numbers_and_turns_round(open_page: Open):
    page = open_page().page
    head = page.locator("#table-alerts th button", has_text="at stake")
    head.click()
    amounts = [amount.replace(",", "") for amount in column(page, "alerts", "at stake")]
    numbers = [float(amount or -1) for amount in amounts]
    assert numbers == sorted(numbers)
    assert [str(number) for number in numbers] != sorted(map(str, numbers))
    head.click()
    assert page.locator("#table-alerts th[aria-sort=descending]").inner_text().startswith("at stake")
    again = [float(amount.replace(",", "") or -1) for amount in column(page, "alerts", "at stake")]
    assert again == sorted(numbers, reverse=True)


def test_a_column_sorts_from_the_keyboard_and_severities_by_weight(open_page: Open):
    page = open_page().page
    page.locator("#table-alerts th button", has_text="severity").focus()
    page.keyboard.press("Enter")
    severities = column(page, "alerts", "severity")
    assert list(dict.fromkeys(severities)) == ["medium", "high", "critical"]


def test_a_bar_of_a_rule_shows_its_alerts(open_page: Open):
    page = open_page().page
    bar = page.locator("#chart-by-rule .mark-rect path").first
    rule = bar.evaluate("mark => mark.__data__.datum.rule")
    bar.click()
    assert set(column(page, "alerts", "rule")) == {rule}


def test_a_chart_says_what_is_under_the_pointer(open_page: Open):
    page = open_page().page
    page.locator("#chart-over-time .mark-rect path").first.hover()
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert "severity" in tip.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_whole_width_and_scrolls_tables_in_their_boxes(open_page: Open, scheme: str):
    page = open_page(**PHONE, color_scheme=scheme).page
    for details in page.locator("details").all():
        details.evaluate("details => { details.open = true }")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]
    # Labels of charts that do not fit are cut off by the page: none may.
    for chart in page.locator(".chart svg").all():
        box = chart.bounding_box()
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["viewport"]["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(open_page: Open, scheme: str):
    page = open_page(color_scheme=scheme).page
    faint = page.evaluate(Path(__file__).with_name("contrast.js").read_text())
    assert faint == []


def test_a_timeline_shows_where_its_alerts_came(open_page: Open):
    page = open_page().page
    story = page.locator(".story", has_text="face-after-remote-session").first
    story.locator("summary").click()
    assert story.locator(".strip circle").count() == story.locator(".moments li").count() == 3
    assert story.locator(".strip path").count() == 2
    assert "face after" in story.inner_text()
    assert "远程控制会话后进行人脸验证" in story.inner_text()


def test_paper_shows_all_in_dark_ink_without_what_only_a_screen_can_do(open_page: Open):
    page = open_page(color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.locator(".controls:visible, nav:visible").count() == 0
    # What is wider than the paper would be cut off.
    page.set_viewport_size({"width": 720, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") == 720


HOSTILE = "</script><img src=x onerror=alert(1)>{{ 7*7 }}<!--"


def test_hostile_text_in_events_does_nothing(open_page: Open, tmp_path: Path):
    data = plain()
    bad = {alert_id: hostile(alert) for alert_id, alert in data.answers.standing.items()}
    page = open_page(written(tmp_path, only_alerts(bad)._replace(sources=[HOSTILE]))).page
    assert page.locator("img").count() == 0
    # The mark in a chart's data, the option of a facet and the cells have the text as it is.
    assert set(column(page, "alerts", "rule")) == {HOSTILE}
    assert HOSTILE in page.locator("#table-alerts select").nth(1).locator("option").all_inner_texts()
    assert (
        page.locator("#chart-by-rule .mark-rect path").first.evaluate("mark => mark.__data__.datum.rule")
        == HOSTILE
    )
    page.locator("#chart-by-rule .mark-rect path").first.hover()
    page.locator("#vg-tooltip-element.visible").wait_for()
    assert page.locator("img").count() == 0


def hostile(alert: Alert) -> Alert:
    anchor = msgspec.structs.replace(alert.anchor, merchant_id=HOSTILE, type=HOSTILE)
    texts = dict.fromkeys(("en", "zh"), HOSTILE)
    evidence = [msgspec.structs.replace(one, event_id=HOSTILE, type=HOSTILE) for one in alert.evidence]
    return msgspec.structs.replace(
        alert,
        rule_id=HOSTILE,
        anchor=anchor,
        entity={"user_id": HOSTILE},
        explanation=texts,
        evidence=evidence,
    )


def test_a_script_that_got_into_the_page_would_not_run(open_page: Open, tmp_path: Path, browser: Browser):
    file = written(tmp_path, quiet())
    file.write_text(file.read_text().replace("<main", "<script>document.title = 'taken'</script><main"))
    opened = Opened(browser, file)
    assert opened.page.title() != "taken"
    assert any("Content Security Policy" in complaint for complaint in opened.complaints)


def test_a_run_without_alerts_says_so(open_page: Open, tmp_path: Path):
    page = open_page(written(tmp_path, quiet())).page
    assert "No alert stands" in page.locator("#alerts").inner_text()
    assert page.locator(".chart").count() == 0
    assert len(shown(page, "rules")) == len(quiet().rules)
