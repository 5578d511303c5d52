"""Files that nobody should have written: refused quickly, with one line, and never executed."""

from time import perf_counter

import pytest

from detector.rules.faults import RuleFaultsError
from detector.rules.located import MAX_FILE_BYTES, MAX_PARTS, read_yaml
from detector.rules.reader import read_rule

from .mistakes import GOOD

LONG_ENOUGH = 5  # seconds; the slowest takes about one on a slow machine
FULL = MAX_FILE_BYTES - 100


def faults_of(tmp_path, content):
    path = tmp_path / "r.yaml"
    path.write_bytes(content)
    with pytest.raises(RuleFaultsError) as raised:
        read_rule(path)
    return raised.value.faults


def laughs():
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(["a0: &a0 [x]", *levels]).encode()


EXPLOSIVES = [
    ("a billion laughs", laughs(), "aliases (*name) are not allowed"),
    ("deep lists", b"[" * 20_000, "nested over 20 levels deep"),
    ("deep mappings", b"{a: " * 20_000, "nested over 20 levels deep"),
    ("deep blocks", b"- " * 20_000, "nested over 20 levels deep"),
    ("a list of everything", b"[" + b"a," * (FULL // 2) + b"a]", "names and values"),
    ("a mapping of everything", b"".join(b"k%d: 1\n" % n for n in range(25_000)), "names and values"),
    ("lists of nothing", b"[" + b"[]," * (FULL // 3) + b"]", "names and values"),
    ("ten megabytes", b"a" * 10_000_000, "the file has over 256 KiB"),
    ("a file one byte too large", GOOD.encode() + b"#" * (MAX_FILE_BYTES - len(GOOD) + 1), "over 256 KiB"),
    ("a key without end", b"a" * FULL + b": b", "indentation"),
    ("colons", b":" * FULL, ""),
    ("blank lines", b"\n" * FULL, "the file is empty"),
    ("comments", b"#\n" * (FULL // 2), "the file is empty"),
    ("documents", b"--- a\n" * (FULL // 6), "a file holds one rule"),
    ("NUL bytes", b"\0" * FULL, "the character U+0000"),
    ("no text at all", bytes(range(256)) * 100, "this is not UTF-8"),
    ("UTF-16", GOOD.encode("utf-16"), "this is not UTF-8"),
    ("GBK", (GOOD + "title: {en: a, zh: 多笔}\n").encode("gbk"), "this is not UTF-8"),
    ("digits", b"id: " + b"9" * FULL, "too long for a number"),
    ("underscores", b"id: 1" + b"_" * FULL, "can be read in two ways"),
    ("an enormous exponent", GOOD.encode().replace(b"gte: 2", b"gte: 1e999999999"), "is too large"),
    (
        "an enormous exponent of a field",
        GOOD.encode().replace(b"debit,", b"debit, where: {amount: 1e99999999},"),
        "whole number",
    ),
]


@pytest.mark.parametrize(("content", "message"), [pytest.param(*row[1:], id=row[0]) for row in EXPLOSIVES])
def test_what_would_explode_is_refused_quickly(tmp_path, content, message):
    began = perf_counter()
    fault = faults_of(tmp_path, content)[0]
    assert perf_counter() - began < LONG_ENOUGH
    assert message in fault.message
    assert len(str(fault)) < len(str(tmp_path)) + 400


HUGE = b"x" * FULL
MANY_LINES = b" x\n" * (FULL // 3)


@pytest.mark.parametrize(
    "content",
    [
        b"id: " + HUGE,
        b'id: "' + HUGE + b'"',
        b"id: '" + HUGE + b"'",
        b"id: |\n" + MANY_LINES,
        b"id: >\n" + MANY_LINES,
        b'id: "' + b"\\n" * (FULL // 2) + b'"',
        b"id: " + b"a:b#c " * (FULL // 6),
        b"? " + HUGE + b"\n: b\n",
        b'"' + HUGE[:1000] + b'": b\n',
        b"id: 2026-01-01" + b" " * FULL + b"x",
        b"id: r\nby: user_id\nwindow: {event: "
        + HUGE
        + b", within: "
        + HUGE[:100]
        + b"}\nwhen: {count: 1}\n",
    ],
    ids=lambda content: content[:8].decode(),
)
def test_a_huge_text_is_read_quickly_and_shown_in_part(tmp_path, content):
    began = perf_counter()
    faults = faults_of(tmp_path, content)
    assert perf_counter() - began < LONG_ENOUGH
    assert all(len(fault.message) < 700 and "\n" not in fault.message for fault in faults)


def test_a_file_up_to_the_limits_is_read(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_bytes(GOOD.encode() + b"#" * (MAX_FILE_BYTES - len(GOOD)))
    assert read_rule(path).rule.id == "r"
    path.write_bytes(b"- a\n" * (MAX_PARTS - 1))
    assert len(read_yaml(path).value) == MAX_PARTS - 1


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert read_rule(path).rule.id == "r"


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_lines_may_end_as_on_any_system(tmp_path, ending):
    path = tmp_path / "r.yaml"
    path.write_bytes(GOOD.replace("\n", ending).encode())
    assert read_rule(path).rule.id == "r"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1_000", 1000),
        ("-5", -5),
        ("1e3", 1000.0),
        ("1.50", 1.5),
        ("true", True),
        ("~", None),
        ("off", "off"),
        ("no", "no"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("=", "="),
        ("'010'", "010"),
        ("0.1.2", "0.1.2"),
    ],
)
def test_a_plain_value_is_read_as_yaml_1_2_has_it(tmp_path, written, value):
    path = tmp_path / "r.yaml"
    path.write_text(f"id: {written}\n")
    found = read_yaml(path).value["id"].node.value
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("number", ["010", "0o10", "0x10", "0b10", "-010", "1__0", "_1"])
def test_a_number_that_other_readers_take_for_another_is_refused(tmp_path, number):
    (fault,) = faults_of(tmp_path, GOOD.replace("gte: 2", f"gte: {number}").encode())
    assert tuple(fault.mark) == (4, 21)


def test_what_is_no_file_is_one_fault(tmp_path):
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    dangling = tmp_path / "dangling.yaml"
    dangling.symlink_to(tmp_path / "nowhere")
    for path, message in ((folder, "not a file that can be read"), (dangling, "no such file")):
        with pytest.raises(RuleFaultsError) as raised:
            read_rule(path)
        assert [fault.message for fault in raised.value.faults] == [message]


def test_a_file_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    path = tmp_path / "r.yaml"
    path.write_text(GOOD)
    monkeypatch.setattr("pathlib.Path.open", _denied)
    with pytest.raises(RuleFaultsError) as raised:
        read_rule(path)
    assert [fault.message for fault in raised.value.faults] == ["cannot be read: Permission denied"]


def _denied(*_args, **_kwargs):
    raise PermissionError(13, "Permission denied")
