"""`detector schema asyncapi`: as the specification has it, and true of what the detector writes."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import msgspec
import pytest

from detector import __version__
from detector.config import KafkaSettings, Settings, TopicSettings
from detector.core.events import EVENT_TYPES, Reason, Refusal
from detector.replay.backtest import Backtest
from detector.rules.rule_set import rules_in_force
from detector.simulate import Traffic, simulate
from detector.stream.asyncapi import asyncapi
from detector.stream.dead_letters import DeadLetter, _headers
from detector.stream.outbox import pack, unpack
from tests.stream.asyncapi_rules import ASYNCAPI
from tests.stream.given import TRACE, record

SECURED = KafkaSettings(
    bootstrap_servers="kafka-1:9093,kafka-2:9093",
    security_protocol="SASL_SSL",
    sasl_mechanism="SCRAM-SHA-512",
    sasl_username="fraud-detector",
    sasl_password="zq-secret-7",  # type: ignore[arg-type]
)


def document(**sections: Any) -> dict[str, Any]:
    return asyncapi(Settings(**sections), __version__)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    if isinstance(part, list):
        for value in part:
            yield from references(value)


def at(found: dict[str, Any], reference: str) -> Any:
    """What a reference within the document means."""
    part: Any = found
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def message_validator(found: dict[str, Any], name: str, part: str) -> jsonschema.Draft202012Validator:
    """What judges the payload or the headers of a message."""
    schema = found | {"$ref": f"#/components/messages/{name}/{part}"}
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("sections", [{}, {"kafka": SECURED}])
def test_the_document_is_valid_by_the_specification(sections: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(ASYNCAPI).validate(document(**sections))


def test_the_specification_refuses_what_it_does_not_know() -> None:
    wrong = document()
    wrong["operations"]["send_alerts"]["action"] = "publish"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(ASYNCAPI).validate(wrong)


def test_every_reference_leads_somewhere() -> None:
    found = document(kafka=SECURED)
    for reference in references(found):
        assert at(found, reference), reference


def test_topics_and_servers_are_those_of_the_settings_and_no_secret_is_told() -> None:
    topics = TopicSettings(payments="in.payments", alerts="out.alerts")
    found = document(kafka=SECURED, topics=topics)
    assert found["channels"]["payments"]["address"] == "in.payments"
    assert found["channels"]["alerts"]["bindings"]["kafka"]["topic"] == "out.alerts"
    assert [server["host"] for server in found["servers"].values()] == ["kafka-1:9093", "kafka-2:9093"]
    assert found["servers"]["kafka-1"]["protocol"] == "kafka-secure"
    assert list(found["components"]["securitySchemes"]) == ["SCRAM-SHA-512"]
    text = json.dumps(found)
    assert "zq-secret-7" not in text
    assert "by-merchant" not in text


def test_every_type_of_event_has_its_topic() -> None:
    found = document()
    messages = [
        name for role in ("payments", "logins", "complaints") for name in found["channels"][role]["messages"]
    ]
    assert sorted(messages) == sorted(EVENT_TYPES)


def test_events_and_alerts_are_valid_by_it() -> None:
    found = document()
    events = [dict(item.event) for item in simulate(Traffic(users=100, events=2_000, seed=5, fraud=0.1))]
    judges = {name: message_validator(found, name, "payload") for name in EVENT_TYPES}
    for event in events:
        judges[event["type"]].validate(event)
    judge = message_validator(found, "fraud", "payload")
    headers = message_validator(found, "fraud", "headers")
    test = Backtest(rules_in_force([], with_catalogue=True), 600_000, 5_000)
    alerts = list(test.run(msgspec.json.encode(event) for event in events))
    assert alerts
    for alert in alerts:
        notice = unpack(pack(alert, b"/fraud-detector", 0, TRACE))
        judge.validate(json.loads(notice.value))
        headers.validate({name: value.decode() for name, value in notice.headers})
        assert {name for name, _ in notice.headers} == set(
            at(found, "#/components/messages/fraud/headers/properties")
        )


def test_headers_of_dead_letters_are_those_that_are_written() -> None:
    found = document()
    written = dict(_headers(DeadLetter(record(0), Refusal(Reason.NOT_JSON, "the value is not JSON"))))
    message_validator(found, "deadLetter", "headers").validate(
        {name: value.decode() for name, value in written.items()}
    )
    assert set(written) == set(at(found, "#/components/messages/deadLetter/headers/required"))
