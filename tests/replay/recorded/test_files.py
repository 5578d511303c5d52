"""Files of every format and directories of them; what is wrong with one is said in a line."""

import errno
import gzip
import io
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from detector.replay.recorded.batch import Batch, RecordedError
from detector.replay.recorded.files import files_recorded

from .given import lines_of, read, recorded

LINES = [f'{{"event_id": "e{number}"}}'.encode() for number in range(50_000)]
TEXT = b"\n".join(LINES) + b"\n"


def zstd(data: bytes) -> bytes:
    """As the program of that name makes it, with a checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


PACK: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd}
PACKINGS = pytest.mark.parametrize("suffix", PACK)
COMPRESSIONS = pytest.mark.parametrize("suffix", [".gz", ".zst"])


@PACKINGS
def test_all_lines_come_in_their_order(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"events.ndjson{suffix}"
    path.write_bytes(PACK[suffix](TEXT))
    found = pickle.loads(pickle.dumps(recorded(path)))
    assert read(found) == LINES
    assert (found.stream, found.total) == (None, path.stat().st_size)


@COMPRESSIONS
def test_several_compressed_streams_behind_each_other_are_one(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"events{suffix}"
    path.write_bytes(PACK[suffix](b"a\nb") + PACK[suffix](b"c\nd"))
    assert read(recorded(path)) == [b"a", b"bc", b"d"]


@COMPRESSIONS
def test_a_file_whose_end_is_missing_is_named_after_what_it_holds_was_read(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"events{suffix}"
    packed = PACK[suffix](os.urandom(3 << 20).hex().encode().replace(b"0", b"\n"))
    path.write_bytes(packed[: len(packed) * 2 // 3])
    batches: list[Batch] = []
    with pytest.raises(RecordedError, match=f"^{path}: its end is missing, or it is damaged") as caught:
        for batch in recorded(path).parts[0].batches():
            batches.append(batch)
    assert "\n" not in str(caught.value)
    assert len(lines_of(batches)) > 1_000


@COMPRESSIONS
def test_a_damaged_file_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"events{suffix}"
    packed = bytearray(PACK[suffix](TEXT))
    middle = len(packed) // 2
    packed[middle : middle + 64] = bytes(64)
    path.write_bytes(packed)
    with pytest.raises(RecordedError, match=f"^{path}: its end is missing, or it is damaged"):
        read(recorded(path))


@PACKINGS
def test_the_first_bytes_count_and_not_the_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "events.parquet"
    path.write_bytes(PACK[suffix](TEXT))
    said: list[str] = []
    assert read(files_recorded([path], said.append)) == LINES
    name = {"": "plain NDJSON", ".gz": "gzip", ".zst": "zstd"}[suffix]
    assert said == [f"{path}: is {name}, whatever its name says, and is read as such"]


def test_files_are_read_in_the_order_given(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text(name)
    assert read(recorded(tmp_path / "c", str(tmp_path / "a"), tmp_path / "b")) == [b"c", b"a", b"b"]


def test_a_directory_below_that_cannot_be_read_is_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "events").write_bytes(TEXT)
    list_ = os.scandir

    def scandir(path: str) -> object:
        if Path(path) == below:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return list_(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(RecordedError, match=f"^{below}: cannot be read: Permission denied$"):
        recorded(tmp_path)


def test_a_directory_is_its_files_by_path_but_those_that_programs_leave_there(tmp_path: Path) -> None:
    for name in ("day=2/b", "day=1/z", "day=10/a", "_SUCCESS", "day=1/.z.crc", "_temporary/x", "a"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert read(recorded(tmp_path)) == [b"a", b"day=1/z", b"day=10/a", b"day=2/b"]


@pytest.mark.parametrize(
    ("beginning", "name"),
    [(b"BZh9", "bzip2"), (b"PK\x03\x04", "a zip archive"), (b"\xff\xfe{\x00", "UTF-16 text")],
)
def test_a_format_that_is_not_read_is_refused_by_its_name(
    tmp_path: Path, beginning: bytes, name: str
) -> None:
    path = tmp_path / "events"
    path.write_bytes(beginning)
    with pytest.raises(RecordedError, match=f"^{path}: this is {name}, which is not read; make it NDJSON"):
        recorded(path)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordedError, match=f"^{tmp_path}/none: cannot be read: No such file"):
        recorded(tmp_path / "none")
    with pytest.raises(RecordedError, match=f"^{tmp_path}: this directory holds no files of events"):
        recorded(tmp_path)
    (tmp_path / "a").write_text("a")
    found = recorded(tmp_path / "a")
    (tmp_path / "a").unlink()
    with pytest.raises(RecordedError, match=f"^{tmp_path}/a: cannot be read: No such file"):
        read(found)


def test_an_empty_file_holds_no_events_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    said: list[str] = []
    found = files_recorded([tmp_path / "a"], said.append)
    assert (read(found), found.total) == ([], 0)
    assert said == [f"{tmp_path}/a: is empty"]


@PACKINGS
def test_standard_input_is_read_among_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(PACK[suffix](TEXT)))))
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    found = recorded(tmp_path / "a", "-", tmp_path / "b")
    assert (found.parts, found.total) == ((), None)
    assert lines_of(found.stream or ()) == [b"a", *LINES, b"b"]


def test_parquet_on_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"PAR1...."))))
    with pytest.raises(RecordedError, match=r"^standard input: Parquet is read from its end"):
        lines_of(recorded("-").stream or ())


def test_a_pipe_with_a_name_is_a_stream_too(tmp_path: Path) -> None:
    # So a shell hands over the output of a command: --events <(command)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[TEXT])
    writer.start()
    found = recorded(pipe)
    assert lines_of(found.stream or ()) == LINES
    writer.join()


def test_what_is_written_to_a_pipe_is_read_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cat:
        monkeypatch.setattr(sys, "stdin", cat.stdout)
        assert cat.stdin is not None
        cat.stdin.write("a\nb")
        cat.stdin.flush()
        batches = iter(recorded("-").stream or ())
        assert next(batches).lines == [b"a"]
        cat.stdin.close()
        assert lines_of(batches) == [b"b"]


def test_memory_stays_bounded_where_little_unpacks_to_much(tmp_path: Path) -> None:
    # In a process of its own: what others took before would hide it.
    path = tmp_path / "events.zst"
    path.write_bytes(zstd(bytes(256 << 20)))
    assert path.stat().st_size < 1 << 20
    code = (
        "import resource, sys\n"
        "from detector.replay.recorded.files import files_recorded\n"
        "begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for part in files_recorded([sys.argv[1]], print).parts:\n"
        "    for batch in part.batches(): pass\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100
