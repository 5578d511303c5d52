"""`detector schema`: each is one JSON document on stdout."""

import json
from pathlib import Path

import pytest

from detector import __version__
from detector.config import Settings, TopicSettings
from detector.stream.asyncapi import asyncapi
from tests.cli.conftest import Run


@pytest.mark.parametrize("what", ["events", "alerts", "rules"])
def test_a_schema_is_printed(detector: Run, what: str) -> None:
    done = detector("schema", what)
    assert (done.code, done.err) == (0, "")
    assert "$schema" in json.loads(done.out)


def test_the_topics_are_described_as_the_settings_name_them(detector: Run, tmp_path: Path) -> None:
    config = tmp_path / "detector.yaml"
    config.write_text("topics: {payments: in.payments}")
    done = detector("schema", "asyncapi", "--config", str(config))
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == asyncapi(
        Settings(topics=TopicSettings(payments="in.payments")), __version__
    )
