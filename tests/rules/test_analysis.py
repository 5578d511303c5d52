"""What a rule can never do is one fault where it stands; what comes near to it, and holds, is none."""

import pytest

from detector.config import StateSettings
from detector.rules.reader import read_rule
from detector.rules.rule_set import lint
from detector.rules.trial import standing_alerts

from .contradictions import IMPOSSIBLE, POSSIBLE, TESTS, UNWISE
from .mistakes import marked


def table(rows):
    return [pytest.param(*row[1:], id=row[0]) for row in rows]


def notes_on(tmp_path, content):
    path = tmp_path / "r.yaml"
    path.write_text(content)
    _, notes = lint([path], StateSettings())
    return [(tuple(note.mark), note.message, note.is_warning) for note in notes]


@pytest.mark.parametrize(("text", "message"), table(IMPOSSIBLE))
def test_what_can_never_happen_is_one_fault_where_it_stands(tmp_path, text, message):
    content, place = marked(text)
    assert notes_on(tmp_path, content + TESTS) == [(place, message, False)]


@pytest.mark.parametrize(("text", "message"), table(UNWISE))
def test_what_says_nothing_is_one_warning_where_it_stands(tmp_path, text, message):
    content, place = marked(text)
    assert notes_on(tmp_path, content + TESTS) == [(place, message, True)]


@pytest.mark.parametrize(("text", "events"), table(POSSIBLE))
def test_what_only_comes_near_to_a_contradiction_holds_and_is_no_fault(tmp_path, text, events):
    listed = "".join(f"    - {{{completed(event)}}}\n" for event in events)
    content = f"{text}tests:\n- name: fires\n  events:\n{listed}  alerts: []\n"
    assert notes_on(tmp_path, content) == []
    file = read_rule(tmp_path / "r.yaml")
    assert standing_alerts(file.rule, file.examples[0])


def completed(event):
    """An event of a test, with what it leaves out."""
    defaults = {"at: ": "at: 0s", "type: ": "type: debit"}
    return ", ".join([event, *(given for name, given in defaults.items() if name not in event)])
