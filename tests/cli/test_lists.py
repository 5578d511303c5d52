"""`detector lists` on a real Redis: data on stdout, messages on stderr, exit codes."""

import secrets
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import Done, Run


@pytest.fixture
def lists(redis_url: str, monkeypatch: pytest.MonkeyPatch, detector: Run) -> Run:
    """Runs `detector lists` with these arguments and this standard input."""
    monkeypatch.setenv("DETECTOR_REDIS__URL", redis_url)
    monkeypatch.setenv("DETECTOR_REDIS__PREFIX", f"test-{secrets.token_hex(6)}")
    return partial(detector, "lists")


def test_members_are_set_and_removed_and_what_became_of_the_list_is_told(lists: Run) -> None:
    assert lists("set", "trusted", "m2", "m1") == Done(0, "", "trusted: made, 2 members now\n")
    assert lists("set", "trusted", "m1", "m3") == Done(0, "", "trusted: 3 members now\n")
    assert lists("remove", "trusted", "m1", "m9", "m3") == Done(
        0, "", "trusted: 'm9' was not in it\ntrusted: 1 member now\n"
    )
    assert lists("get", "trusted") == Done(0, "m2\n", "")


def test_a_tier_is_set_for_a_member(lists: Run) -> None:
    assert lists("set", "user_tier", "u1=elderly", "u2=minor").code == 0
    assert lists("set", "user_tier", "u2=standard").err == "user_tier: 2 members now\n"
    assert lists("get", "user_tier").out == "u1,elderly\nu2,standard\n"
    assert lists("get", "user_tier", "u2") == Done(0, "u2,standard\n", "")


def test_a_member_that_is_not_in_the_list_is_no_answer(lists: Run) -> None:
    lists("set", "trusted", "m1")
    assert lists("get", "trusted", "m1") == Done(0, "m1\n", "")
    assert lists("get", "trusted", "m2") == Done(1, "", "trusted: 'm2' is not in it\n")


@pytest.mark.parametrize(
    "arguments",
    [("get", "trustd"), ("export", "trustd", "-"), ("remove", "trustd", "m"), ("delete", "trustd")],
)
def test_a_list_that_is_not_there_is_named_with_the_one_that_was_meant(
    lists: Run, arguments: tuple[str, ...]
) -> None:
    assert lists(*arguments) == Done(1, "", "there is no list 'trustd'; there is none at all\n")
    lists("set", "trusted", "m1")
    assert lists(*arguments) == Done(1, "", "there is no list 'trustd'; did you mean 'trusted'?\n")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("set", "user_tier", "u1"), "expected MEMBER=VALUE, with one of standard, elderly, minor"),
        (("set", "merchant_tier", "m1=D"), "the value must be one of A, B, C"),
        (("set", "trusted", "#m1"), "a member cannot begin with '#'"),
        (("set", "my list", "m1"), "a list's name is made of letters"),
        (("set", "trusted"), "Missing argument"),
    ],
)
def test_wrong_usage_says_why_changes_nothing_and_ends_with_exit_code_2(
    lists: Run, arguments: tuple[str, ...], why: str
) -> None:
    done = lists(*arguments)
    assert (done.code, done.out) == (2, "")
    assert why in done.err
    assert "trusted" not in lists("names").out


def test_a_file_replaces_the_list_and_is_what_export_writes(lists: Run, tmp_path: Path) -> None:
    file, copy = tmp_path / "merchants.csv", tmp_path / "copy.txt"
    file.write_bytes("\ufeff# trusted\r\nm2\r\n\r\nm1\r\n".encode())
    lists("set", "trusted", "old")
    assert lists("import", "trusted", str(file)) == Done(0, "", "trusted: 2 members now\n")
    assert lists("export", "trusted", "-") == Done(0, "m1\nm2\n", "")
    assert lists("export", "trusted", str(copy)) == Done(0, "", f"trusted: 2 members written to {copy}\n")
    assert lists("import", "copied", "-", given=copy.read_text()).code == 0
    assert lists("get", "copied").out == "m1\nm2\n"


def test_an_empty_list_exists(lists: Run) -> None:
    assert lists("import", "trusted", "-", given="# nobody yet\n") == Done(0, "", "trusted: 0 members now\n")
    assert lists("get", "trusted") == Done(0, "", "")
    rows = [line.split() for line in lists("names").out.splitlines()]
    assert rows == [["name", "members"], ["trusted", "0"]]
    assert lists("delete", "trusted").err == "trusted: deleted\n"
    assert lists("names").out.split() == ["name", "members"]


def test_a_file_with_bad_lines_changes_nothing_and_each_is_named(lists: Run, tmp_path: Path) -> None:
    file = tmp_path / "tiers.csv"
    file.write_text("user_id,tier\nu1,elderly\nu2\n")
    lists("set", "user_tier", "u9=minor")
    done = lists("import", "user_tier", str(file))
    assert done == Done(
        1,
        "",
        f"{file}:1:1: the value must be one of standard, elderly, minor\n"
        f"{file}:3:1: expected MEMBER,VALUE, with one of standard, elderly, minor\n",
    )
    assert lists("get", "user_tier").out == "u9,minor\n"


def test_very_many_bad_lines_are_counted(lists: Run) -> None:
    done = lists("import", "user_tier", "-", given="u1\n" * 500)
    assert len(done.err.splitlines()) == 20
    assert done.err.splitlines()[-1].endswith("; 480 more lines are bad")


@pytest.mark.parametrize(
    ("content", "why"), [(None, "cannot be read: No such file or directory"), (b"\xff\xfe", "not UTF-8")]
)
def test_a_file_that_cannot_be_read_is_one_line(
    lists: Run, tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "none.txt"
    if content is not None:
        file.write_bytes(content)
    done = lists("import", "trusted", str(file))
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert why in done.err


def test_a_file_that_cannot_be_written_is_one_line(lists: Run, tmp_path: Path) -> None:
    lists("set", "trusted", "m1")
    assert lists("export", "trusted", str(tmp_path)) == Done(
        1, "", f"{tmp_path}: cannot be written: Is a directory\n"
    )
