"""The documentation pages: what they say, and that the committed ones are those of the shipped rules."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from detector.cli.rules import app
from detector.core.rule import Comparison, Operator
from detector.rules.pages import INDEX, pages
from detector.rules.reader import read_rule
from detector.rules.rule_set import CATALOGUE, read_rules
from detector.rules.wording import where_in_words

COMMITTED = Path(__file__).parents[2] / "docs" / "rules"

WINDOW = """\
# Money goes in circles.
# Nobody needs that.
#
# A second thought.
id: r
title: {en: A | B, zh: 甲}
explanation: {en: "{count(out)} out", zh: "{count(out)}笔"}
by: [user_id, device_id]
window:
  within: 24h
  select:
    out: {event: [transfer, debit], where: {amount: {gte: 5, lt: 9}, city: {exists: true}}}
    back: {event: refund, within: 90s, before: 30s}
when:
  - {count(out): {gt: 2}, span(out): {gte: 6h}}
  - {count(back) / count(out): 0.5}
overrides:
  - where: {user_tier: [elderly, minor], channel: {ne: pos}}
    when: {count(out): {gte: 1}}
    severity: critical
    action: call
    explanation: {en: "at once: {count(out)}", zh: "立即：{count(out)}笔"}
cooldown: 0s
"""
SEQUENCE = """\
id: r
by: user_id
sequence:
  within: 2h
  same: [device_id]
  steps:
    - {name: a, event: login, where: {new_device: true, city: {exists: false}}}
    - {name: b, event: debit, at_least: 3, same: merchant_id, within: 1h,
       unless: {event: remote_session_ended, same: city, before: 10m}, alert: low}
    - {name: c, event: [debit, transfer], at_least: 2, distinct: card_id, alert: high,
       unless: {event: device_bound}}
tests:
  - name: fires
    events: [{at: 0s, type: login}]
    alerts: [{at: 0s, severity: low}, {at: 1s, severity: high}, {at: 2s, severity: low}]
  - {name: quiet, events: [{at: 0s, type: login}], alerts: []}
  - {name: fires as well, events: [{at: 0s, type: login}], alerts: [{at: 0s}]}
"""


@pytest.fixture
def page(tmp_path):
    def of(text, name="r.md"):
        path = tmp_path / "r.yaml"
        path.write_text(text, encoding="utf-8")
        return pages([read_rule(path)])[name]

    return of


def rows(page):
    return dict(line.strip("| ").split(" | ", 1) for line in page.splitlines() if line.startswith("| "))


def test_a_page_of_a_window_says_its_parameters_in_words(page):
    assert rows(page(WINDOW)) == {
        "parameter": "value",
        "---": "---",
        "by": "`user_id`, `device_id`",
        "events `out`": (
            "`transfer` or `debit` where `amount` ≥ 5 and `amount` < 9 and `city` is present, within 1 day"
        ),
        "events `back`": "`refund`, within 90 seconds, at least 30 seconds old",
        "fires when": ("`count(out)` > 2 and `span(out)` ≥ 6 hours, or `count(back) / count(out)` is 0.5"),
        "where `user_tier` is `elderly` or `minor` and `channel` is not `pos`": (
            "fires when `count(out)` ≥ 1; severity critical; action `call`; its own explanation"
        ),
        "cooldown": "none: every anchor alerts",
        "severity": "medium, critical",
        "action": "`review`",
        "mode": "live",
    }


def test_every_operator_has_words():
    for operator in Operator:
        value = ("x",) if operator is Operator.IN else "x"
        said = where_in_words({"city": (Comparison(operator=operator, value=value),)})
        assert said.startswith("`city` ")
        assert operator is Operator.EXISTS or said.endswith(" `x`")


def test_a_page_of_a_sequence_says_its_steps_in_words(page):
    found = rows(page(SEQUENCE))
    assert found["step 1, `a`"] == "`login` where `new_device` is `true` and `city` is absent"
    assert found["step 2, `b`"] == (
        "3 or more `debit`, all with the same `merchant_id`, within 1 hour of the step before, "
        "unless `remote_session_ended` with the same `city` came at least 10 minutes before it; alerts as low"
    )
    assert found["step 3, `c`"] == (
        "at least 2 different `card_id` among `debit` or `transfer`, "
        "unless `device_bound` came in between; alerts as high"
    )
    assert found["from first to last"] == "within 2 hours"
    assert found["all steps agree on"] == "`device_id`"
    assert found["severity"] == "low, high"


def test_a_page_begins_with_the_title_and_the_comment_that_the_file_begins_with(page):
    why = "Money goes in circles.\nNobody needs that.\n\nA second thought.\n"
    assert f"\n# r\n\n**A | B** · 甲\n\n{why}\n## Parameters\n" in page(WINDOW)
    assert "\n# r\n\n**r** · r\n\n## Parameters\n" in page(SEQUENCE)


def test_a_page_has_the_texts_in_both_languages_those_of_overrides_too(page):
    assert "> {count(out)} out\n>\n> {count(out)}笔\n" in page(WINDOW)
    assert "is not `pos`:\n\n> at once: {count(out)}\n>\n> 立即：{count(out)}笔\n" in page(WINDOW)


def test_a_page_lists_the_tests_in_their_order_with_what_they_raise(page):
    assert ("| fires: low, high | fires |\n| stays quiet | quiet |\n| fires | fires as well |\n") in page(
        SEQUENCE
    )
    assert "## Examples" not in page(WINDOW)


def test_amounts_are_explained_where_there_are_any(page):
    assert "100 fen are 1 yuan" in page(WINDOW)
    assert "100 fen are 1 yuan" not in page(SEQUENCE)


def test_the_index_links_every_page(page):
    assert "| [r](r.md) | A \\| B | 甲 | `user_id`, `device_id` | medium, critical | `review` |\n" in page(
        WINDOW, INDEX
    )


def test_the_committed_pages_are_those_of_the_shipped_rules():
    committed = {path.name: path.read_text(encoding="utf-8") for path in COMMITTED.iterdir()}
    assert committed == pages(read_rules([CATALOGUE])), (
        "run: detector rules docs detector/rules/catalogue --out docs/rules"
    )


def test_the_command_writes_the_pages_into_a_new_directory(tmp_path):
    (tmp_path / "r.yaml").write_text(WINDOW, encoding="utf-8")
    out = tmp_path / "new" / "docs"
    result = CliRunner().invoke(app, ["docs", str(tmp_path / "r.yaml"), "--out", str(out)])
    assert result.exit_code == 0
    assert result.stderr.startswith("2 pages in ")
    assert {path.name for path in out.iterdir()} == {"r.md", INDEX}


def test_the_command_says_in_one_line_what_it_cannot_write(tmp_path):
    (tmp_path / "r.yaml").write_text(WINDOW, encoding="utf-8")
    (tmp_path / "out").write_text("a file")
    result = CliRunner().invoke(app, ["docs", str(tmp_path / "r.yaml"), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert result.stderr == f"{tmp_path / 'out'}: cannot be written: File exists\n"
