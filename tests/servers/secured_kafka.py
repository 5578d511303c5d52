"""A Kafka broker that lets in who has a password, over TLS, and allows what ACLs allow."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from detector.embedded import free_port
from tests.servers.certificates import Certificates
from tests.servers.kafka import broker_settings, metadata_probe, running_broker

ADMIN = "admin"
_MECHANISM = "SCRAM-SHA-512"
_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"


@dataclass(frozen=True)
class SecuredKafka:
    """A running broker; `passwords` are those of its users, of whom `ADMIN` may do everything."""

    bootstrap: str
    passwords: Mapping[str, str]
    certificates: Certificates

    def librdkafka(self, user: str) -> dict[str, str]:
        """What a client of librdkafka needs to come in as this user, in the names of its settings."""
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": _MECHANISM,
            "sasl.username": user,
            "sasl.password": self.passwords[user],
            "ssl.ca.location": str(self.certificates.authority),
        }

    def java(self, user: str) -> dict[str, str]:
        """The same for a client of Kafka's own, such as its command line tools."""
        return {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": _MECHANISM,
            "sasl.jaas.config": _login(user, self.passwords[user]),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.certificates.authority),
        }

    def aiokafka(self, user: str) -> dict[str, Any]:
        """The same for a client of aiokafka, but for the address."""
        return {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": _MECHANISM,
            "sasl_plain_username": user,
            "sasl_plain_password": self.passwords[user],
            "ssl_context": ssl.create_default_context(cafile=self.certificates.authority),
        }


@contextmanager
def secured_kafka(certificates: Certificates, passwords: Mapping[str, str]) -> Iterator[SecuredKafka]:
    """A broker of one's own on localhost, without automatic topics; what no ACL allows is refused."""
    port, controller_port = free_port(), free_port()
    kafka = SecuredKafka(f"localhost:{port}", passwords, certificates)
    settings = broker_settings("127.0.0.1", port, controller_port) | {
        "listeners": f"SASL_SSL://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"SASL_SSL://{kafka.bootstrap}",
        "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "SASL_SSL",
        "sasl.mechanism.inter.broker.protocol": _MECHANISM,
        "sasl.enabled.mechanisms": _MECHANISM,
        f"listener.name.sasl_ssl.{_MECHANISM.lower()}.sasl.jaas.config": _login(ADMIN, passwords[ADMIN]),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.server),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.authority),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        # The controller's own listener asks for no name, and only the broker itself comes by it.
        "super.users": f"User:{ADMIN};User:ANONYMOUS",
    }
    users = [f"{_MECHANISM}=[name={user},password={password}]" for user, password in passwords.items()]
    options = [word for user in users for word in ("--add-scram", user)]
    probe = metadata_probe(kafka.bootstrap, timeout=2, access=kafka.librdkafka(ADMIN))
    with running_broker(settings, probe, options):
        yield kafka


def _login(user: str, password: str) -> str:
    return f'{_MODULE} required username="{user}" password="{password}";'
