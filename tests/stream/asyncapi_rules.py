"""What AsyncAPI 3.0.0 asks of those parts of a document that the detector's has, as a JSON Schema.

Written from the specification (https://www.asyncapi.com/docs/reference/specification/v3.0.0): its objects,
which of their fields are required, and the values that it allows. A field that is not named here is refused:
look one that is added to the document up there first.
"""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
_NAME = "^[A-Za-z0-9_\\-]+$"


def _object(required: tuple[str, ...], **properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def _map(of: Schema) -> Schema:
    return {"type": "object", "propertyNames": {"pattern": _NAME}, "additionalProperties": of}


def _reference(to: str) -> Schema:
    return _object(("$ref",), **{"$ref": {"type": "string", "pattern": f"^#/{to}/"}})


_SECURITY_SCHEME: Schema = {
    "oneOf": [
        _object(("type",), type={"enum": ["plain", "scramSha256", "scramSha512", "X509"]}, description=TEXT),
        _object(("type", "scheme"), type={"const": "http"}, scheme=TEXT, description=TEXT),
    ]
}
_SERVER = _object(
    ("host", "protocol"),
    host=TEXT,
    protocol={"enum": ["kafka", "kafka-secure"]},
    description=TEXT,
    security={"type": "array", "items": _reference("components/securitySchemes")},
)
_KAFKA_CHANNEL = _object((), topic=TEXT, bindingVersion={"const": "0.5.0"})
_CHANNEL = _object(
    (),
    address=TEXT,
    description=TEXT,
    messages=_map(_reference("components/messages")),
    servers={"type": "array", "items": _reference("servers"), "uniqueItems": True},
    bindings=_object((), kafka=_KAFKA_CHANNEL),
)
_MESSAGE = _object(
    (),
    title=TEXT,
    summary=TEXT,
    headers={"type": "object", "required": ["type"], "properties": {"type": {"const": "object"}}},
    payload={"type": "object"},
    contentType=TEXT,
    correlationId=_object(
        ("location",),
        location={"type": "string", "pattern": r"^\$message\.(header|payload)#"},
        description=TEXT,
    ),
    bindings=_object((), kafka=_object((), key={"type": "object"}, bindingVersion={"const": "0.5.0"})),
)
_OPERATION = _object(
    ("action", "channel"),
    action={"enum": ["send", "receive"]},
    channel=_reference("channels"),
    summary=TEXT,
    description=TEXT,
)

ASYNCAPI: Schema = _object(
    ("asyncapi", "info"),
    asyncapi={"const": "3.0.0"},
    info=_object(
        ("title", "version"),
        title=TEXT,
        version=TEXT,
        description=TEXT,
        license=_object(("name",), name=TEXT, url=TEXT),
    ),
    defaultContentType=TEXT,
    servers=_map(_SERVER),
    channels=_map(_CHANNEL),
    operations=_map(_OPERATION),
    components=_object(
        (),
        messages=_map(_MESSAGE),
        schemas=_map({"type": "object"}),
        securitySchemes=_map(_SECURITY_SCHEME),
    ),
)
