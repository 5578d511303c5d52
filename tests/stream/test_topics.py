"""Which topics there should be, and what counts as wrong with those that are."""

from detector.config import TopicSettings
from detector.stream.topics import check_topics, plan_topics

TOPICS = TopicSettings()
DAY_MS = 86_400_000


def all_with(partitions: int) -> dict[str, int]:
    return dict.fromkeys(TOPICS.names, partitions)


def test_every_topic_is_planned_with_the_same_partitions() -> None:
    plan = plan_topics(TOPICS, partitions=12, replication=3)

    assert [topic.name for topic in plan] == [
        "payments",
        "logins",
        "complaints",
        "fraud.alerts",
        "fraud.alerts.shadow",
        "fraud.dead-letters",
        "fraud.by-merchant",
    ]
    assert {(topic.partitions, topic.replication) for topic in plan} == {(12, 3)}


def test_what_is_planned_for_the_inputs_leaves_retention_to_the_platform() -> None:
    plan = plan_topics(TOPICS, partitions=4, replication=3)

    assert [dict(topic.configs) for topic in plan[:3]] == [{}, {}, {}]


def test_alerts_are_kept_for_a_month_and_dead_letters_for_a_week() -> None:
    configs = {topic.name: topic.configs for topic in plan_topics(TOPICS, partitions=4, replication=3)}

    assert configs["fraud.alerts"]["retention.ms"] == str(30 * DAY_MS)
    assert configs["fraud.alerts.shadow"]["retention.ms"] == str(30 * DAY_MS)
    assert configs["fraud.dead-letters"]["retention.ms"] == str(7 * DAY_MS)


def test_dead_letters_may_be_larger_than_the_largest_record_of_the_inputs() -> None:
    configs = {topic.name: topic.configs for topic in plan_topics(TOPICS, partitions=4, replication=3)}

    assert int(configs["fraud.dead-letters"]["max.message.bytes"]) > 1_048_588 + 64 * 1024


def test_two_replicas_must_have_a_record_only_where_there_are_three() -> None:
    def promised(replication: int) -> set[str | None]:
        plan = plan_topics(TOPICS, partitions=4, replication=replication)
        return {topic.configs.get("min.insync.replicas") for topic in plan[3:]}

    assert promised(3) == {"2"}
    assert promised(1) == {None}


def test_equal_topics_have_no_problem() -> None:
    assert check_topics(TOPICS, all_with(8)) == []


def test_each_missing_topic_is_named() -> None:
    partitions = all_with(8)
    del partitions["logins"], partitions["fraud.alerts"]

    problems = check_topics(TOPICS, partitions)

    assert [problem.topic for problem in problems] == ["logins", "fraud.alerts"]
    assert problems[0].message == "topic logins does not exist, or this user may not describe it"


def test_unequal_inputs_are_named_with_both_counts() -> None:
    [problem] = check_topics(TOPICS, all_with(8) | {"logins": 6})

    assert problem.topic == "logins"
    assert "topic logins has 6 partitions but payments has 8" in problem.message


def test_the_re_keyed_topic_must_agree_with_the_inputs_and_the_outputs_need_not() -> None:
    problems = check_topics(TOPICS, all_with(8) | {"fraud.by-merchant": 4, "fraud.alerts": 1})

    assert [problem.topic for problem in problems] == ["fraud.by-merchant"]


def test_the_inputs_that_exist_are_compared_even_when_one_is_missing() -> None:
    partitions = all_with(8) | {"complaints": 2}
    del partitions["payments"]

    problems = check_topics(TOPICS, partitions)

    assert [problem.topic for problem in problems] == ["payments", "complaints"]
