"""Which partitions stand still, and since when."""

from detector.stream.standstill import Place, Standstill


def since(*looks: tuple[float, dict[int, Place]]) -> dict[int, float]:
    """Since when each partition stands still, after these looks, each at its time."""
    standstill = Standstill()
    found: dict[int, float] = {}
    for now, places in looks:
        found = dict(standstill.look(places, now))
    return found


def test_a_partition_that_has_records_left_and_does_not_move_stands_still_since_it_last_moved() -> None:
    stuck = {3: Place(reached=7, left=2)}
    assert since((0, {3: Place(5, 4)}), (2, stuck), (4, stuck), (60, stuck)) == {3: 2}


def test_any_move_ends_it_also_one_back() -> None:
    assert since((0, {3: Place(7, 2)}), (50, {3: Place(8, 1)})) == {3: 50}
    # After a seek to an earlier offset.
    assert since((0, {3: Place(7, 2)}), (50, {3: Place(1, 8)})) == {3: 50}


def test_one_that_has_nothing_left_does_not_stand_still() -> None:
    idle = {3: Place(7, 0)}
    assert since((0, idle), (1_000, idle)) == {3: 1_000}
    assert since((0, idle), (1_000, idle), (1_002, {3: Place(7, 1)})) == {3: 1_000}


def test_that_others_move_does_not_hide_one_that_is_stuck() -> None:
    looks = [(float(now), {3: Place(7, 2), 4: Place(now, 9)}) for now in range(0, 61, 2)]
    # From the third move of the other on.
    assert since(*looks) == {3: 4, 4: 60}


def test_of_many_with_a_backlog_one_waits_for_its_turn_to_be_fetched() -> None:
    # Given forty partitions of which one moves at each look, and is seen to do so in the next as well
    reached = dict.fromkeys(range(40), 0)
    standstill = Standstill()
    for look in range(400):
        for number in (look % 40, (look - 1) % 40):
            reached[number] += 1
        now = 2.0 * look
        found = standstill.look({number: Place(at, 9) for number, at in reached.items()}, now)
        assert set(found.values()) == {now}
    # When none does any more, all stand still at once
    for now in (800.0, 802.0):
        found = standstill.look({number: Place(at, 9) for number, at in reached.items()}, now)
    assert set(found.values()) == {798.0}


def test_one_that_waits_for_its_turn_stands_still_only_when_all_do() -> None:
    waits = Place(7, 2, waits=True)
    moving = [(float(now), {3: waits, 4: Place(now, 9)}) for now in range(0, 61, 2)]
    assert since(*moving) == {3: 60, 4: 60}
    hung = [(float(now), {3: waits, 4: Place(60, 9)}) for now in range(62, 122, 2)]
    assert since(*moving, *hung) == {3: 60, 4: 60}


def test_one_that_was_lost_and_comes_again_begins_anew() -> None:
    stuck = {3: Place(7, 2)}
    assert since((0, stuck), (50, {}), (60, stuck)) == {3: 60}
