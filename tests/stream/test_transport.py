import pytest
from faust.types import TP

from detector.stream.transport import FlowError, check_copartitioned, check_positions


def test_topics_with_the_same_partitions_are_accepted():
    check_copartitioned({TP("a", 1), TP("b", 1), TP("a", 3), TP("b", 3)}, ("a", "b"))


@pytest.mark.parametrize(
    "assigned",
    [{TP("a", 0), TP("b", 1)}, {TP("a", 0), TP("a", 1), TP("b", 0)}, {TP("a", 0)}],
    ids=["another partition", "one more", "none of one topic"],
)
def test_topics_with_different_partitions_are_refused(assigned):
    with pytest.raises(FlowError, match=r"different partitions .a: .*; b: .* the same number of partitions"):
        check_copartitioned(assigned, ("a", "b"))


def test_a_position_at_the_end_of_the_log_is_accepted():
    check_positions({TP("a", 0): 5}, {TP("a", 0): 5})


def test_a_position_beyond_the_end_of_the_log_is_refused():
    with pytest.raises(FlowError, match=r"a partition 0 up to offset 6, but Kafka's log ends at 5"):
        check_positions({TP("a", 0): 6}, {TP("a", 0): 5})


def test_a_partition_without_a_position_is_refused():
    with pytest.raises(FlowError, match="no offset for a partition 1"):
        check_positions({TP("a", 0): 0}, {TP("a", 0): 0, TP("a", 1): 0})
