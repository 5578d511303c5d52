"""What a job says of its timing is what Faust is told."""

from typing import Any, cast

from detector.stream.job import Job, RoundHandler, build_app


class Handler:
    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None


async def test_the_times_of_a_job_are_faust_s() -> None:
    handler = cast(RoundHandler, Handler())
    job = Job(
        "localhost:9092",
        "group",
        ("payments",),
        handler,
        session_timeout=7,
        request_timeout=8,
        max_poll_interval=9,
    )
    conf = build_app(job).conf
    assert conf.broker_session_timeout == 7
    assert conf.broker_request_timeout == 8
    assert conf.broker_max_poll_interval == 9


async def test_more_partitions_are_noticed_within_seconds() -> None:
    job = Job("localhost:9092", "group", ("payments",), cast(RoundHandler, Handler()))
    assert build_app(job).conf.consumer_metadata_max_age_ms <= 10_000
