"""Files of lists, and what their names and members may be."""

import pytest

from detector.core.lists import BadLinesError, BadListError, check_list_name, member_of, read_list, written


def faults_of(name: str, text: str) -> list[tuple[int, str]]:
    with pytest.raises(BadLinesError) as raised:
        read_list(name, text.splitlines())
    return [(line.number, line.message) for line in raised.value.lines]


def test_a_file_has_one_member_a_line_and_may_have_comments_and_blank_lines() -> None:
    lines = ["# ours since 2019", "", "m1\n", "  m2  ", "m1", "   # another", "商户三"]
    assert read_list("trusted", lines) == {"m1": "", "m2": "", "商户三": ""}


def test_a_tier_list_has_a_value_after_each_member() -> None:
    assert read_list("user_tier", ["u1,elderly", "u2 , minor", "# u3,minor"]) == {
        "u1": "elderly",
        "u2": "minor",
    }
    assert read_list("merchant_tier", ["m1,A"]) == {"m1": "A"}


def test_a_file_without_members_is_an_empty_list() -> None:
    assert read_list("trusted", ["# nobody"]) == {}


def test_each_bad_line_is_named_by_its_number_and_says_what_was_expected() -> None:
    text = "u1,elderly\nu2\n\nu3,senior\n,minor\n#,\nu1,minor\n"
    assert faults_of("user_tier", text) == [
        (2, "expected MEMBER,VALUE, with one of standard, elderly, minor"),
        (4, "the value must be one of standard, elderly, minor"),
        (5, "there is no member"),
        (7, "the member has another value on a line before this one"),
    ]


def test_the_same_member_with_the_same_value_is_no_fault() -> None:
    assert read_list("user_tier", ["u1,minor", "u1,minor"]) == {"u1": "minor"}


def test_a_list_without_values_refuses_them() -> None:
    # A table of two columns would else become members that nothing ever matches.
    assert faults_of("trusted", "m1\nm2,A\n") == [
        (2, "a member has no comma; only user_tier and merchant_tier have values")
    ]


def test_a_fault_quotes_no_member() -> None:
    for name, line in (("user_tier", "4711;minor"), ("trusted", "4711,1"), ("trusted", "4711\x00")):
        assert "4711" not in str(faults_of(name, line))


def test_of_very_many_bad_lines_the_first_are_named_and_the_others_counted() -> None:
    with pytest.raises(BadLinesError) as raised:
        read_list("user_tier", (f"u{number}" for number in range(1_000)))
    assert [line.number for line in raised.value.lines] == list(range(1, 21))
    assert raised.value.more == 980


@pytest.mark.parametrize("name", ["trusted-merchants", "a", "A.b_c-1", "9"])
def test_a_name_of_letters_digits_and_a_few_marks_is_good(name: str) -> None:
    check_list_name(name)


@pytest.mark.parametrize("name", ["", "-a", ".a", "a b", "a/b", "a:b", "a\n", "x" * 101, "{a}"])
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(BadListError, match="a list's name is made of"):
        check_list_name(name)


@pytest.mark.parametrize("text", ["", " ", "#m1", "a,b", "a\nb", "a\tb"])
def test_what_a_file_could_not_hold_is_no_member(text: str) -> None:
    with pytest.raises(BadListError):
        member_of("trusted", text, "=")


def test_a_member_of_a_tier_may_hold_the_separator_before_its_value() -> None:
    assert member_of("user_tier", "a=b=minor", "=") == ("a=b", "minor")


@pytest.mark.parametrize(
    ("name", "members"),
    [("trusted", {"m2": "", "m1": "", "a b": ""}), ("user_tier", {"u2": "minor", "u1": "elderly"})],
)
def test_what_is_written_reads_back_in_the_order_of_members(name: str, members: dict[str, str]) -> None:
    lines = list(written(name, members))
    assert lines == sorted(lines)
    assert read_list(name, lines) == members
