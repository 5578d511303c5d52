"""A commit that could not be repeated safely cannot be made."""

import pytest

from detector.state.store import MAX_KEEP_MS, Commit, Write


@pytest.mark.parametrize(
    "advance",
    [
        pytest.param({}, id="no topic"),
        pytest.param({"payments": (5, 5)}, id="a topic that stands still"),
        pytest.param({"payments": (5, 6), "logins": (5, 4)}, id="a topic that goes back"),
    ],
)
def test_a_commit_moves_forward(advance: dict[str, tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="at least one topic forward"):
        Commit(0, "epoch", advance, [], [])


@pytest.mark.parametrize("keep_ms", [0, -1, MAX_KEEP_MS + 1])
def test_a_write_is_kept_for_a_time_that_redis_accepts(keep_ms: int) -> None:
    with pytest.raises(ValueError, match="is kept for 1 to"):
        Commit(0, "epoch", {"payments": (0, 1)}, [Write("u1", b"a", False, keep_ms)], [])
