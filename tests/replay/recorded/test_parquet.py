"""Parquet gives the events that the same NDJSON would give."""

import datetime
import json
import pickle
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from detector.core.events import Debit, Event, Reason, decode
from detector.replay.recorded.batch import RecordedError
from detector.simulate import Traffic, encode, simulate

from .given import read, recorded, refused

COMMON: dict[str, list[Any]] = {
    "event_id": ["e1", "e2"],
    "type": ["debit", "debit"],
    "event_time": [1, 2],
    "user_id": ["u1", "u2"],
    "amount": [5, 7],
    "currency": ["CNY", "CNY"],
    "merchant_id": ["m1", "m2"],
    "auth_method": ["none", "face"],
}


def written(path: Path, table: pa.Table, **options: Any) -> Path:
    pq.write_table(table, path, **options)
    return path


def events(path: Path) -> list[Event]:
    found = [decode(line) for line in read(recorded(path))]
    assert all(isinstance(event, Event) for event in found), found
    return found  # type: ignore[return-value]


def debits(path: Path, **columns: Any) -> list[Debit]:
    """The two debits of a file, some of whose columns are these."""
    table = pa.table(COMMON | columns)
    return events(written(path / "events.parquet", table))  # type: ignore[return-value]


def refusal(path: Path, table: pa.Table) -> str:
    file = written(path / "events.parquet", table)
    with pytest.raises(RecordedError) as caught:
        read(recorded(file))
    said = str(caught.value)
    assert said.startswith(f"{file}: ") and "\n" not in said
    return said.removeprefix(f"{file}: ")


def test_simulated_traffic_comes_back_as_it_was(tmp_path: Path) -> None:
    traffic = Traffic(users=50, events=3_000, seed=3, fraud=0.05)
    lines = [encode(one.event) for one in simulate(traffic)]
    rows = [json.loads(line) for line in lines]
    table = pa.table(
        {name: [row.get(name) for row in rows] for name in {name for row in rows for name in row}}
    )
    # Row groups that are no multiple of what is read at a time.
    path = written(tmp_path / "events.parquet", table, row_group_size=1_100)
    found = pickle.loads(pickle.dumps(recorded(path)))
    assert len(found.parts) == 3
    assert [decode(line) for line in read(found)] == [decode(line) for line in lines]


def test_row_groups_larger_than_what_is_read_at_a_time_come_in_slices(tmp_path: Path) -> None:
    table = pa.table({name: values * 5_000 for name, values in COMMON.items()})
    [part] = recorded(written(tmp_path / "events.parquet", table)).parts
    batches = list(part.batches())
    assert len(batches) > 1
    assert sum(len(batch.lines) for batch in batches) == 10_000
    assert sum(batch.size for batch in batches) == part.size


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\nb", "\x00", "\x1f", "\x7f", "北京", "😀", ""])
def test_texts_are_what_they_were(tmp_path: Path, text: str) -> None:
    assert [event.city for event in debits(tmp_path, city=[text, "plain"])] == [text, "plain"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["x", None], pa.large_string()),
        pa.array(["x", None]).dictionary_encode(),
        pa.array([b"x", None], pa.binary()),
    ],
    ids=lambda column: str(column.type),
)
def test_texts_may_have_any_type_of_text_and_nulls_are_absent(tmp_path: Path, column: pa.Array) -> None:
    assert [event.city for event in debits(tmp_path, city=column)] == ["x", None]


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint16(), pa.uint64(), pa.float64(), pa.float32()], ids=str)
def test_numbers_may_have_any_width(tmp_path: Path, kind: pa.DataType) -> None:
    assert [event.amount for event in debits(tmp_path, amount=pa.array([5, 100], kind))] == [5, 100]


def test_a_number_that_a_data_frame_keeps_as_none_is_absent(tmp_path: Path) -> None:
    [first, second] = read(
        recorded(
            written(
                tmp_path / "events.parquet",
                pa.table(COMMON | {"amount": pa.array([5.0, float("nan")])}),
            )
        )
    )
    assert json.loads(first)["amount"] == 5
    assert "amount" not in json.loads(second)


def test_large_whole_numbers_keep_each_digit(tmp_path: Path) -> None:
    assert debits(tmp_path, amount=pa.array([2**53 - 1, 5]))[0].amount == 2**53 - 1
    assert debits(tmp_path, amount=pa.array([2.0**52, 5.0]))[0].amount == 2**52


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai"])
def test_a_timestamp_is_milliseconds_since_1970_in_utc(tmp_path: Path, unit: str, zone: str | None) -> None:
    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    times = pa.array([at, at + datetime.timedelta(seconds=1)], pa.timestamp(unit, "UTC"))
    times = times.cast(pa.timestamp(unit, zone)) if zone else times.cast(pa.timestamp(unit))
    found = [event.event_time for event in debits(tmp_path, event_time=times)]
    assert found == [1_767_225_600_000, 1_767_225_601_000]


def test_booleans_and_columns_that_are_no_fields(tmp_path: Path) -> None:
    certified = pa.array([False, None])
    found = debits(tmp_path, terminal_certified=certified, note=pa.array([[1], [2]]), nothing=pa.nulls(2))
    assert [event.terminal_certified for event in found] == [False, None]


@pytest.mark.parametrize("kind", [pa.string(), pa.binary(), pa.large_string()], ids=str)
def test_a_column_of_json_is_its_values(tmp_path: Path, kind: pa.DataType) -> None:
    event = {"event_id": "e1", "type": "password_reset", "event_time": 1, "user_id": "u1"}
    values = [json.dumps(event), json.dumps(event, indent=1), None, "", " \n", '{"a": "\n"}', "{"]
    table = pa.table({"value": pa.array(values, kind), "offset": range(len(values))})
    found = recorded(written(tmp_path / "events.parquet", table))
    lines = read(found)
    assert [json.loads(line) for line in lines[:2]] == [event, event]
    assert lines[2:] == [b"{"]
    # What is no line is refused for what the engine would refuse it for.
    judged = [decode(None if value is None else value.encode()) for value in values]
    assert refused(found) == [one.reason for one in judged[2:-1]]  # type: ignore[union-attr]
    assert refused(found)[0] is Reason.NULL_VALUE


def test_a_column_of_a_type_that_its_field_cannot_have_is_named(tmp_path: Path) -> None:
    price = pa.array([Decimal("1.50"), Decimal("2.00")])
    assert refusal(tmp_path, pa.table(COMMON | {"amount": price})) == (
        "the column amount is decimal128(3, 2): a whole number is wanted (amounts in fen, times in ms); "
        "write it as int64"
    )
    assert refusal(tmp_path, pa.table(COMMON | {"user_id": [1, 2]})) == (
        "the column user_id is int64: a text is wanted; write it as one, for instance CAST(... AS VARCHAR)"
    )
    assert refusal(tmp_path, pa.table(COMMON | {"terminal_certified": ["yes", "no"]})) == (
        "the column terminal_certified is string: true or false is wanted; write it as a boolean"
    )


def test_fractions_are_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, pa.table(COMMON | {"amount": [1.5, 2.0]}))
    assert said.startswith("the column amount holds what its field cannot: ")


def test_a_column_that_every_event_has_must_be_there(tmp_path: Path) -> None:
    columns = {name: values for name, values in COMMON.items() if name != "user_id"}
    assert refusal(tmp_path, pa.table(columns)) == (
        "lacks the column user_id: events have a column for each field, event_id, type, event_time, user_id "
        "among them, or one column value of JSON"
    )


def test_a_file_that_is_cut_off_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "events.parquet", pa.table(COMMON))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RecordedError, match=f"^{path}: is damaged, or no Parquet"):
        recorded(path)


def test_what_is_not_installed_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "events.parquet", pa.table(COMMON))
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RecordedError) as caught:
        recorded(path)
    assert str(caught.value) == (
        "Parquet needs pyarrow, which is not installed: pip install 'streaming-fraud-detector[backtest]'"
    )
