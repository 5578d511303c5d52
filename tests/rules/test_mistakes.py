"""A rule file's mistakes: each is one fault, at its line and column, that says what to do."""

import pytest

from detector.rules.faults import RuleFaultsError
from detector.rules.reader import read_rule

from .mistakes import MISTAKES, marked


@pytest.mark.parametrize(("text", "message"), [pytest.param(*row[1:], id=row[0]) for row in MISTAKES])
def test_a_mistake_is_one_fault_where_it_stands(tmp_path, text, message):
    content, place = marked(text)
    path = tmp_path / "r.yaml"
    path.write_text(content)
    with pytest.raises(RuleFaultsError) as raised:
        read_rule(path)
    assert [(tuple(fault.mark), fault.message) for fault in raised.value.faults] == [(place, message)]


def test_no_two_mistakes_of_the_table_share_a_name():
    names = [name for name, *_ in MISTAKES]
    assert len(set(names)) == len(names)
