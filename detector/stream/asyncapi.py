"""The AsyncAPI 3.0 document of the topics: what the detector reads, and what it publishes."""

from __future__ import annotations

from typing import Any

import msgspec

from detector.config import KafkaSettings, Settings, TopicSettings
from detector.core.alert import Alert
from detector.core.events import EVENT_TYPES, Reason
from detector.core.schemas import Schema
from detector.stream.send import topic_of

_SCHEMAS = "#/components/schemas"
_KAFKA_BINDING = "0.5.0"
_JSON = "application/json"
_SECURITY: dict[str, dict[str, str]] = {
    "PLAIN": {"type": "plain"},
    "SCRAM-SHA-256": {"type": "scramSha256"},
    "SCRAM-SHA-512": {"type": "scramSha512"},
    "OAUTHBEARER": {"type": "http", "scheme": "bearer"},
}
_CLIENT_CERTIFICATE = {"X509": {"type": "X509"}}

_INPUTS = {
    "payments": "What users pay, transfer, buy on credit and get back.",
    "logins": "Logins, and all else that happens to accounts and devices.",
    "complaints": "Complaints about merchants, and how they were decided.",
}
_OUTPUTS = {
    "alerts": ("fraud", "Alerts raised by rules in mode live, and their withdrawals."),
    "alerts_shadow": ("fraud", "The same of those raised in mode shadow: to look at, not to act upon."),
    "dead_letters": ("deadLetter", "Records that were refused, byte for byte as they came, with the reason."),
}
_CLOUD_EVENT = {
    "ce_specversion": {"const": "1.0"},
    "ce_id": {"type": "string", "description": "alert_id.revision: deduplicate on it."},
    "ce_type": {"enum": ["fraud.alert.raised.v1", "fraud.alert.withdrawn.v1"]},
    "ce_source": {"type": "string", "description": "Which detector: its consumer group."},
    "ce_time": {"type": "string", "format": "date-time", "description": "When it was detected."},
    "ce_subject": {"type": "string", "description": "The rule's id."},
    "content-type": {"type": "string"},
}
_TRACE = {
    "traceparent": {"type": "string", "description": "The trace of the anchor's record, if it has one."}
}
_DEAD_LETTER = {
    "__connect.errors.topic": {"type": "string"},
    "__connect.errors.partition": {"type": "string", "description": "A number, as text."},
    "__connect.errors.offset": {"type": "string", "description": "A number, as text."},
    "__connect.errors.exception.class.name": {"type": "string"},
    "__connect.errors.exception.message": {"type": "string"},
    "detector.reason": {"enum": [reason.value for reason in Reason]},
}
_OMITTED = {
    f"detector.{part}_omitted_bytes": {
        "type": "string",
        "description": f"How large the {part} was, where it was too large to be kept.",
    }
    for part in ("value", "headers")
}


def asyncapi(settings: Settings, version: str) -> Schema:
    """The document, with servers and topics as the settings name them; it holds no secret and no user."""
    servers = _servers(settings.kafka)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "streaming-fraud-detector",
            "version": version,
            "description": "Detects fraud in streams of payments, logins and complaints.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": _JSON,
        "servers": servers,
        "channels": _channels(settings.topics, list(servers)),
        "operations": _operations(),
        "components": {
            "messages": _event_messages() | {"fraud": _alert_message(), "deadLetter": _dead_letter_message()},
            "schemas": _schemas(),
            **_security_schemes(settings.kafka),
        },
    }


def _servers(kafka: KafkaSettings) -> dict[str, Schema]:
    addresses = [address.strip() for address in kafka.bootstrap_servers.split(",")]
    names = ["kafka"] if len(addresses) == 1 else [f"kafka-{n}" for n in range(1, len(addresses) + 1)]
    common: Schema = {"protocol": "kafka-secure" if kafka.uses_tls else "kafka"}
    if schemes := _schemes(kafka):
        common["security"] = [{"$ref": f"#/components/securitySchemes/{name}"} for name in schemes]
    return {name: {"host": host, **common} for name, host in zip(names, addresses, strict=True)}


def _schemes(kafka: KafkaSettings) -> dict[str, dict[str, str]]:
    if kafka.sasl_mechanism is not None:
        return {kafka.sasl_mechanism: _SECURITY[kafka.sasl_mechanism]}
    return {} if kafka.ssl_certfile is None else _CLIENT_CERTIFICATE


def _security_schemes(kafka: KafkaSettings) -> dict[str, Any]:
    schemes = _schemes(kafka)
    return {"securitySchemes": schemes} if schemes else {}


def _channels(topics: TopicSettings, servers: list[str]) -> dict[str, Schema]:
    used = {"servers": [{"$ref": f"#/servers/{name}"} for name in servers]}
    found = {}
    for role, description in _INPUTS.items():
        topic = getattr(topics, role)
        types = [name for name in EVENT_TYPES if topic_of(name, topics) == topic]
        text = f"{description} Keyed by user_id. An event of any type is taken from any of the input topics."
        found[role] = _channel(topic, text, types) | used
    for role, (message, description) in _OUTPUTS.items():
        found[role] = _channel(getattr(topics, role), description, [message]) | used
    return found


def _channel(topic: str, description: str, messages: list[str]) -> Schema:
    return {
        "address": topic,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": {"topic": topic, "bindingVersion": _KAFKA_BINDING}},
    }


def _operations() -> dict[str, Schema]:
    actions = dict.fromkeys(_INPUTS, "receive") | dict.fromkeys(_OUTPUTS, "send")
    return {
        f"{action}_{role}": {"action": action, "channel": {"$ref": f"#/channels/{role}"}}
        for role, action in actions.items()
    }


def _event_messages() -> dict[str, Schema]:
    return {
        name: {
            "title": name,
            "summary": (event.__doc__ or "").partition("\n")[0],
            "payload": {"$ref": f"{_SCHEMAS}/{event.__name__}"},
            "bindings": _keyed("The event's user_id."),
        }
        for name, event in EVENT_TYPES.items()
    }


def _alert_message() -> Schema:
    return {
        "title": "alert",
        "summary": "One alert, or its withdrawal; at least once, deduplicate on alert_id and revision.",
        "headers": _headers(_CLOUD_EVENT, _TRACE),
        "payload": {"$ref": f"{_SCHEMAS}/{Alert.__name__}"},
        "correlationId": {"location": "$message.payload#/case_id", "description": "The alerts of one story."},
        "bindings": _keyed("The user_id, or the merchant_id, that the alert is of."),
    }


def _dead_letter_message() -> Schema:
    return {
        "title": "dead letter",
        "summary": "A refused record; its own headers stand before those named here.",
        "contentType": "application/octet-stream",
        "headers": _headers(_DEAD_LETTER, _OMITTED),
        "payload": {"description": "The bytes of the record's value, whatever they are."},
        "bindings": _keyed("The record's own key."),
    }


def _headers(always: dict[str, Any], sometimes: dict[str, Any]) -> Schema:
    return {"type": "object", "required": list(always), "properties": always | sometimes}


def _keyed(description: str) -> Schema:
    key = {"type": "string", "description": description}
    return {"kafka": {"key": key, "bindingVersion": _KAFKA_BINDING}}


def _schemas() -> dict[str, Any]:
    """The schemas that `detector schema events` and `alerts` print, by the names of their types."""
    described = [*EVENT_TYPES.values(), Alert]
    _, schemas = msgspec.json.schema_components(described, ref_template=f"{_SCHEMAS}/{{name}}")
    return schemas
