"""Each line of a file is in one range and in one batch, wherever it is cut."""

import pickle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.core.events import Reason
from detector.replay.recorded.batch import BATCH_BYTES, RecordedError
from detector.replay.recorded.lines import Block, batches_of
from detector.replay.recorded.ndjson import Range, ranges

from .given import lines_of, read_part

TEXTS = st.lists(st.sampled_from([b"", b" ", b"a", b"bc", b"d" * 40]), max_size=12)
ENDS = st.sampled_from([b"\n", b"\r\n"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=TEXTS, end=ENDS, ends_with_one=st.booleans(), cut=st.integers(1, 70))
def test_every_line_is_in_one_range_in_its_order(
    tmp_path: Path, texts: list[bytes], end: bytes, ends_with_one: bool, cut: int
) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(end.join(texts) + (end if ends_with_one else b""))
    parts = ranges(path, path.stat().st_size, cut)
    assert [line for part in parts for line in read_part(part)] == [text for text in texts if text.strip()]
    assert sum(part.size for part in parts) == path.stat().st_size


@settings(deadline=None)
@given(texts=TEXTS, end=ENDS, cut=st.integers(1, 70))
def test_every_line_is_whole_however_its_bytes_come(texts: list[bytes], end: bytes, cut: int) -> None:
    data = end.join(texts)
    blocks = [Block(data[at : at + cut], cut) for at in range(0, len(data), cut)]
    assert lines_of(batches_of(blocks)) == [text for text in texts if text.strip()]


@pytest.mark.parametrize("cut", [BATCH_BYTES // 3, BATCH_BYTES, 3 * BATCH_BYTES])
@pytest.mark.parametrize("follows", [b"\nafter", b""])
def test_a_line_that_no_event_can_be_counts_as_one_refusal_and_is_not_kept(cut: int, follows: bytes) -> None:
    data = b"before\n" + b"x" * (5 * BATCH_BYTES) + follows
    blocks = [Block(data[at : at + cut], cut) for at in range(0, len(data), cut)]
    batches = list(batches_of(blocks))
    kept = [line for line in lines_of(batches) if len(line) <= BATCH_BYTES]
    assert kept == ([b"before", b"after"] if follows else [b"before"])
    assert [reason for batch in batches for reason in batch.refused] == [Reason.TOO_LARGE]
    assert lines_of(batches) == kept


def test_a_line_of_many_ranges_is_in_the_one_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"a\n" + b"b" * 100_000 + b"\nc")
    parts = ranges(path, path.stat().st_size, 1_000)
    found = [read_part(part) for part in parts]
    assert found[0] == [b"a", b"b" * 100_000]
    assert found[-1] == [b"c"]
    assert not any(found[1:-1])


def test_a_range_is_read_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"a\nb\n")
    assert read_part(pickle.loads(pickle.dumps(Range(path, 0, 4)))) == [b"a", b"b"]


@pytest.mark.parametrize("left", [b"", b"a\n", b"a\nb\nc"])
def test_a_file_that_became_shorter_is_named(tmp_path: Path, left: bytes) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"a\nb\nccc\ndddd\n")
    parts = ranges(path, path.stat().st_size, 6)
    path.write_bytes(left)
    with pytest.raises(RecordedError, match=f"{path}: became shorter"):
        for part in parts:
            list(part.batches())


def test_what_was_written_behind_the_end_since_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"a\nb\n")
    parts = ranges(path, path.stat().st_size)
    path.write_bytes(b"a\nb\nc\n")
    assert [line for part in parts for line in read_part(part)] == [b"a", b"b"]
