"""Labels are read from what the detector and others write, and what is wrong is named with its line."""

import os
from pathlib import Path
from threading import Thread

import pytest

from detector.core.disposition import Disposition
from detector.replay.labels import BadLabelsError, Judgement, Labelled, Labels, read_labels


def read(tmp_path: Path, content: str | bytes) -> Labels:
    path = tmp_path / "labels"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_labels(path)


def fault(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(BadLabelsError) as found:
        read(tmp_path, content)
    return str(found.value).removeprefix(str(tmp_path / "labels"))


def test_labels_of_events_in_json_lines(tmp_path):
    lines = (
        '{"event_id":"e1","user_id":"u1","fraud_id":"f1","kind":"drip","role":"debit","variant":"slow"}\n'
        '\n{"event_id":"e2"}\n'
    )
    assert read(tmp_path, lines).events == [Labelled("e1", "f1", "drip", "debit", "slow"), Labelled("e2")]


def test_a_table_needs_no_more_than_ids_of_events(tmp_path):
    assert read(tmp_path, "event_id\ne1\ne2\n").events == [Labelled("e1"), Labelled("e2")]


def test_a_table_as_a_spreadsheet_writes_it(tmp_path):
    table = '\ufeffkind,event_id,fraud_id,note\r\ndrip,e1,"f,1","one\r\ntwo"\r\n,e2,,,beyond\r\n'
    assert read(tmp_path, table).events == [Labelled("e1", "f,1", "drip"), Labelled("e2")]


@pytest.mark.parametrize("content", ['\n{"event_id":"e1"}\n{"event_id":"e2"}\n', "event_id\ne1\ne2\n"])
def test_what_another_program_writes_meanwhile_is_read_as_a_file_is(tmp_path, content):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=(content,))
    writer.start()
    assert read_labels(pipe).events == [Labelled("e1"), Labelled("e2")]
    writer.join()


def test_dispositions_are_told_by_their_alert_ids(tmp_path):
    lines = (
        '{"alert_id":"a1","disposition":"confirmed","case_id":"c1","event_time":7,"rule_id":"r"}\n'
        '{"alert_id":"a2","disposition":"unclear"}\n'
    )
    expected = [
        Judgement("a1", Disposition.CONFIRMED, "c1", 7),
        Judgement("a2", Disposition.UNCLEAR),
    ]
    assert read(tmp_path, lines) == Labels([], expected)
    table = "alert_id,disposition,case_id,event_time\na1,confirmed,c1,7\na2,unclear,,\n"
    assert read(tmp_path, table) == Labels([], expected)


def test_an_empty_file_labels_nothing(tmp_path):
    assert read(tmp_path, "\n") == Labels([], [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"event_id":"e1"}\n{"event_id":""}\n', ":2: Expected 'str' of length >= 1 in 'event_id'"),
        ('{"event_id":"e1"}\n{"alert_id":"a1"}\n', ":2: it lacks 'event_id'"),
        ('{"event_id":"e1"}\n[1]\n', ":2: not a JSON object"),
        ('{"event_id":"e1"}\n{"event_id":"e2"\n', ":2: not a JSON object"),
        ('{"event_id":7}\n', ":1: Expected 'str', got 'int' in 'event_id'"),
        (
            'event_id,kind\n"e1",drip\n,drip\n',
            ":3: it lacks 'event_id'",
        ),
        (
            "alert_id,disposition\na1,maybe\n",
            ":2: Invalid enum value 'maybe' in 'disposition'",
        ),
        ("alert_id\na1\n", ":2: it lacks 'disposition'"),
        (
            "id;kind\ne1;drip\n",
            ":2: labels need event_id, or alert_id and disposition; there is none of these",
        ),
        ('event_id\n"e1"x\n', ":2: not CSV: ',' expected after '\"'"),
        (b"event_id\n\xff\n", ": not UTF-8"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, content, message):
    assert fault(tmp_path, content) == message


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadLabelsError, match=r"none: cannot be read: No such file"):
        read_labels(tmp_path / "none")
