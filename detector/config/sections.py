"""One class per section of the settings; each field is a key of the YAML file."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FilePath,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from detector.config.values import (
    Addresses,
    AddressList,
    DirectoryList,
    DurationMs,
    Name,
    SecretFile,
    read_duration,
)

TopicName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]{1,249}$")]
_SHORTEST_KEY_SECRET = 32
KeyPrefix = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9._-]+$")]


class Section(BaseModel):
    """A section that refuses unknown keys and cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="after")
    def _settings_agree(self) -> Self:
        contradictions = "; ".join(self._contradictions())
        if contradictions:
            raise ValueError(contradictions)
        return self

    def _contradictions(self) -> Iterator[str]:
        yield from ()


class KafkaSettings(Section):
    """How to reach Kafka, and the consumer group. Times are milliseconds."""

    bootstrap_servers: Addresses = "localhost:9092"
    group: Name = "fraud-detector"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    allow_insecure: bool = False
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = None
    sasl_username: Name | None = None
    sasl_password: SecretStr | None = None
    sasl_password_file: SecretFile = None
    sasl_token_file: FilePath | None = None
    ssl_cafile: FilePath | None = None
    ssl_certfile: FilePath | None = None
    ssl_keyfile: FilePath | None = None
    ssl_key_password: SecretStr | None = None
    ssl_key_password_file: SecretFile = None
    session_timeout: DurationMs = read_duration("12s")
    request_timeout: DurationMs = read_duration("30s")
    max_poll_interval: DurationMs = read_duration("90s")

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.security_protocol in ("SSL", "SASL_SSL")

    @property
    def uses_sasl(self) -> bool:
        """Whether the client presents a user or a token."""
        return self.security_protocol in ("SASL_PLAINTEXT", "SASL_SSL")

    def _contradictions(self) -> Iterator[str]:
        if self.security_protocol == "SASL_PLAINTEXT" and not self.allow_insecure:
            yield "SASL_PLAINTEXT sends credentials unencrypted: use SASL_SSL, or set allow_insecure: true"
        yield from self._sasl_contradictions() if self.uses_sasl else self._idle_sasl_settings()
        yield from _tls_contradictions(self, self.uses_tls, "security_protocol SSL or SASL_SSL")
        if self.session_timeout > self.request_timeout:
            yield "session_timeout is longer than request_timeout: Kafka's client refuses that"

    def _sasl_contradictions(self) -> Iterator[str]:
        if self.sasl_mechanism is None:
            yield f"security_protocol {self.security_protocol} needs sasl_mechanism"
        elif self.sasl_mechanism == "OAUTHBEARER":
            if self.sasl_token_file is None:
                yield "OAUTHBEARER needs sasl_token_file, the file that holds the token"
        elif self.sasl_username is None or self.sasl_password is None:
            yield (f"{self.sasl_mechanism} needs sasl_username, and sasl_password_file (or sasl_password)")

    def _idle_sasl_settings(self) -> Iterator[str]:
        given = [name for name in _names_starting(self, "sasl_") if getattr(self, name) is not None]
        if given:
            yield (
                f"{', '.join(given)} would not be used with security_protocol {self.security_protocol}: "
                "set SASL_SSL, or leave it out"
            )


class TopicSettings(Section):
    """The names of the topics."""

    payments: TopicName = "payments"
    logins: TopicName = "logins"
    complaints: TopicName = "complaints"
    alerts: TopicName = "fraud.alerts"
    alerts_shadow: TopicName = "fraud.alerts.shadow"
    dead_letters: TopicName = "fraud.dead-letters"
    by_merchant: TopicName = "fraud.by-merchant"

    @property
    def inputs(self) -> tuple[str, str, str]:
        """The topics that the platform writes."""
        return (self.payments, self.logins, self.complaints)

    @property
    def names(self) -> tuple[str, ...]:
        """All topics, the inputs first."""
        return (*self.inputs, self.alerts, self.alerts_shadow, self.dead_letters, self.by_merchant)

    def _contradictions(self) -> Iterator[str]:
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if twice:
            yield f"every topic needs a name of its own; used twice: {', '.join(twice)}"


class RedisSettings(Section):
    """How to reach Redis.

    ``url`` is the server's, or in a cluster that of any node. With Sentinel its host does not count: the
    sentinels name the server, and the URL says whether to use TLS (``rediss``) and which database.
    ``key_secret`` keeps ids of users and merchants out of the names of keys.
    """

    url: str = "redis://localhost:6379/0"
    mode: Literal["single", "sentinel", "cluster"] = "single"
    username: Name | None = None
    password: SecretStr | None = None
    password_file: SecretFile = None
    sentinels: AddressList = ()
    sentinel_service: Name = "mymaster"
    sentinel_username: Name | None = None
    sentinel_password: SecretStr | None = None
    sentinel_password_file: SecretFile = None
    ssl_cafile: FilePath | None = None
    ssl_certfile: FilePath | None = None
    ssl_keyfile: FilePath | None = None
    prefix: KeyPrefix = "fd"
    key_secret: SecretStr | None = None
    key_secret_file: SecretFile = None

    @field_validator("url")
    @classmethod
    def _url_is_an_address_without_secrets(cls, url: str) -> str:
        parts = _split_plain(url)
        database = parts.path.removeprefix("/") or "0"
        if parts.scheme not in ("redis", "rediss") or not parts.hostname or not database.isdecimal():
            raise ValueError("expected redis://HOST:PORT/DATABASE, or rediss:// for TLS")
        return url

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return urlsplit(self.url).scheme == "rediss"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the URL."""
        parts = urlsplit(self.url)
        return parts.hostname or "localhost", parts.port or 6379

    @property
    def database(self) -> int:
        """The number of the database."""
        return int(urlsplit(self.url).path.removeprefix("/") or 0)

    def _contradictions(self) -> Iterator[str]:
        if self.mode == "sentinel" and not self.sentinels:
            yield "mode sentinel needs sentinels, a list of HOST:PORT"
        if self.mode != "sentinel" and self.sentinels:
            yield f"sentinels would not be used with mode {self.mode}: set mode: sentinel"
        if self.mode == "cluster" and self.database:
            yield f"a cluster has database 0 only, the url names {self.database}"
        if self.username is not None and self.password is None:
            yield "username needs password_file (or password)"
        if self.key_secret is not None and len(self.key_secret.get_secret_value()) < _SHORTEST_KEY_SECRET:
            yield (
                f"key_secret has fewer than {_SHORTEST_KEY_SECRET} characters, and ids could be guessed: "
                "make one with 'openssl rand -hex 32'"
            )
        yield from _tls_contradictions(self, self.uses_tls, "a rediss:// url")


class RuleSettings(Section):
    """Where rules come from; ``catalogue`` says whether the shipped ones take part."""

    dirs: DirectoryList = ()
    catalogue: bool = True


class StateSettings(Section):
    """How much history is kept. Times are milliseconds.

    ``longest_history`` is how far back a rule may look; one that needs more is refused, so that a slip of
    the pen does not fill Redis. ``history_cap`` is the most events that are kept of one key. ``keep_after``
    is how long a key outlives its last event, so that an outage does not lose it. ``cache_events`` is how
    many events, each key counted as one more, a worker keeps in memory between two rounds: 1 KB each.
    """

    allowed_lateness: DurationMs = read_duration("10m")
    longest_history: DurationMs = read_duration("90d")
    history_cap: Annotated[int, Field(ge=1)] = 5_000
    keep_after: DurationMs = read_duration("7d")
    cache_events: Annotated[int, Field(ge=0)] = 800_000


class ArchiveSettings(Section):
    """How `detector archive` reaches PostgreSQL, its consumer group, its port and how long it keeps alerts.

    ``keep`` is in milliseconds: alerts whose event time is longer ago are deleted. The HTTP host is that of
    the section http.
    """

    url: str = "postgresql://localhost:5432/fraud"
    username: Name | None = None
    password: SecretStr | None = None
    password_file: SecretFile = None
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = "prefer"
    ssl_cafile: FilePath | None = None
    group: Name = "fraud-archive"
    http_port: Annotated[int, Field(ge=0, le=65_535)] = 8_081
    keep: DurationMs = read_duration("400d")

    @field_validator("url")
    @classmethod
    def _url_is_an_address_without_secrets(cls, url: str) -> str:
        parts = _split_plain(url)
        if parts.scheme != "postgresql" or not parts.hostname or not parts.path.removeprefix("/"):
            raise ValueError("expected postgresql://HOST:PORT/DATABASE")
        return url

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the URL."""
        parts = urlsplit(self.url)
        return parts.hostname or "localhost", parts.port or 5432

    @property
    def database(self) -> str:
        """The name of the database."""
        return urlsplit(self.url).path.removeprefix("/")

    def _contradictions(self) -> Iterator[str]:
        checks_certificate = self.sslmode.startswith("verify-")
        if checks_certificate and self.ssl_cafile is None:
            yield f"sslmode {self.sslmode} needs ssl_cafile, the authority behind the server's certificate"
        if self.ssl_cafile is not None and not checks_certificate:
            yield f"ssl_cafile would not be used with sslmode {self.sslmode}: set verify-full"
        if not self.keep:
            yield "keep 0s would delete each alert as soon as it is written"


class HttpSettings(Section):
    """The address of the health endpoints and metrics; port 0 takes any free one."""

    host: Name = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8_080


class LogSettings(Section):
    """The log's shape; ``auto`` is the console's on a terminal and JSON elsewhere."""

    format: Literal["auto", "json", "console"] = "auto"
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


def _split_plain(url: str) -> SplitResult:
    if "@" in url:
        raise ValueError("leave user and password out of it, give username and password_file instead")
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise ValueError("options in the URL are not read, use the settings of this section")
    _ = parts.port  # raises ValueError where it is no port
    return parts


def _tls_contradictions(
    section: KafkaSettings | RedisSettings, uses_tls: bool, way_out: str
) -> Iterator[str]:
    given = [name for name in _names_starting(section, "ssl_") if getattr(section, name) is not None]
    if given and not uses_tls:
        yield f"{', '.join(given)} would not be used without TLS: it needs {way_out}"
    if (section.ssl_certfile is None) != (section.ssl_keyfile is None):
        yield "ssl_certfile and ssl_keyfile go together"


def _names_starting(section: Section, prefix: str) -> list[str]:
    return [name for name in type(section).model_fields if name.startswith(prefix)]
