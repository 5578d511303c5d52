"""A Kafka and a Redis that allow exactly what the shipped files do, and detectors on them."""

import hashlib
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import redis
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)
from pydantic import SecretStr

from detector.config import KafkaSettings, Settings, TopicSettings
from tests.integration.live import PARTITIONS, Live
from tests.servers.certificates import make_certificates
from tests.servers.kafka import jvm_command, write_properties
from tests.servers.secured_kafka import ADMIN, SecuredKafka, secured_kafka
from tests.servers.secured_redis import secured_redis
from tests.servers.waiting import until

DEPLOY = Path(__file__).parents[2] / "deploy"
KAFKA_ACLS = DEPLOY / "kafka" / "acls.txt"
APPLY_ACLS = DEPLOY / "kafka" / "apply-acls.sh"
REDIS_USERS = DEPLOY / "redis" / "users.acl"
WORKER, ARCHIVE, STRANGER = "fraud-detector", "fraud-archive", "stranger"
ANALYST, AUTHOR, OPERATOR = "fraud-analyst", "fraud-author", "fraud-operator"
EDITOR = "fraud-lists"
PASSWORDS = {
    user: f"pass-of-{user}" for user in (ADMIN, WORKER, ARCHIVE, ANALYST, AUTHOR, OPERATOR, STRANGER, EDITOR)
}
TOPICS = TopicSettings()


class Permission(NamedTuple):
    """A line of the shipped list of what Kafka allows."""

    principal: str
    operation: str
    resource: str
    name: str
    pattern: str

    def __str__(self) -> str:
        return f"{self.operation} {self.resource} {self.name}"

    @property
    def _said(
        self,
    ) -> tuple[ResourceType, str, ResourcePatternType, str, str, AclOperation, AclPermissionType]:
        return (
            ResourceType[self.resource.upper()],
            self.name,
            ResourcePatternType[self.pattern.upper()],
            self.principal,
            "*",
            AclOperation[self.operation.upper()],
            AclPermissionType.ALLOW,
        )

    def binding(self) -> AclBinding:
        return AclBinding(*self._said)

    def filter(self) -> AclBindingFilter:
        return AclBindingFilter(*self._said)


def permissions_of(user: str) -> list[Permission]:
    """What the shipped list allows a user of Kafka."""
    lines = [line.split() for line in KAFKA_ACLS.read_text().splitlines()]
    every = [Permission(*line) for line in lines if line and line[0] != "#"]
    return [permission for permission in every if permission.principal == f"User:{user}"]


@dataclass(frozen=True)
class Platform:
    """The running servers."""

    kafka: SecuredKafka
    redis_port: int
    admin: AdminClient

    def redis_admin(self) -> redis.Redis:
        """A client that may do everything."""
        return redis.Redis.from_url(self._admin_url)

    def grant(self, permission: Permission) -> None:
        """Allow it, until it is revoked."""
        for done in self.admin.create_acls([permission.binding()]).values():
            done.result()
        until(lambda: self._allows(permission))

    def revoke(self, permission: Permission) -> None:
        """Allow it no longer; it must have been allowed."""
        for done in self.admin.delete_acls([permission.filter()]).values():
            assert len(done.result()) == 1
        until(lambda: not self._allows(permission))

    def _allows(self, permission: Permission) -> bool:
        """Whether the broker has learnt that it is allowed: it is told after the change is made."""
        return bool(self.admin.describe_acls(permission.filter()).result())

    @contextmanager
    def without(self, permission: Permission) -> Iterator[None]:
        """Have it revoked meanwhile."""
        self.revoke(permission)
        try:
            yield
        finally:
            self.grant(permission)

    def empty_topics(self) -> None:
        """Have all topics, and no record on any."""
        if present := self._led():
            for done in self.admin.delete_topics(list(present)).values():
                done.result()
        for done in self.admin.create_topics(
            [NewTopic(name, PARTITIONS, 1) for name in TOPICS.names]
        ).values():
            done.result()
        until(lambda: self._led() == set(TOPICS.names))

    def _led(self) -> set[str]:
        """The topics of which every partition has a leader."""
        topics = self.admin.list_topics(timeout=10).topics
        return {
            name
            for name in TOPICS.names
            if name in topics and all(part.leader >= 0 for part in topics[name].partitions.values())
        }

    def empty_redis(self) -> None:
        """Have no key in Redis."""
        with self.redis_admin() as client:
            client.flushall()

    def settings(self) -> Settings:
        """Those of a worker, as far as Kafka goes."""
        kafka = KafkaSettings(
            bootstrap_servers=self.kafka.bootstrap,
            security_protocol="SASL_SSL",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_username=WORKER,
            sasl_password=SecretStr(PASSWORDS[WORKER]),
            ssl_cafile=self.kafka.certificates.authority,
        )
        return Settings(kafka=kafka)

    def live(self, folder: Path) -> Live:
        """A detector whose worker comes in as `WORKER`, by secrets in files."""
        names = {role: getattr(TOPICS, role) for role in TopicSettings.model_fields}
        access = self.kafka.aiokafka(ADMIN)
        live = Live(self.kafka.bootstrap, self._admin_url, names, folder, access=access, prefix="fd")
        live.extra = signed_in(WORKER, folder) | {
            "DETECTOR_KAFKA__GROUP": WORKER,
            "DETECTOR_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
            "DETECTOR_KAFKA__SASL_MECHANISM": "SCRAM-SHA-512",
            "DETECTOR_KAFKA__SSL_CAFILE": str(self.kafka.certificates.authority),
            "DETECTOR_REDIS__URL": f"rediss://localhost:{self.redis_port}/0",
            "DETECTOR_REDIS__USERNAME": WORKER,
            "DETECTOR_REDIS__PASSWORD_FILE": str(password_file(folder, WORKER)),
            "DETECTOR_REDIS__SSL_CAFILE": str(self.kafka.certificates.authority),
        }
        return live

    @property
    def _admin_url(self) -> str:
        at = f"{ADMIN}:{PASSWORDS[ADMIN]}@localhost:{self.redis_port}"
        return f"rediss://{at}/0?ssl_ca_certs={self.kafka.certificates.authority}"


def signed_in(user: str, folder: Path) -> dict[str, str]:
    """The settings with which a user comes in to Kafka; its password is in a file in the folder."""
    return {
        "DETECTOR_KAFKA__SASL_USERNAME": user,
        "DETECTOR_KAFKA__SASL_PASSWORD_FILE": str(password_file(folder, user)),
    }


def password_file(folder: Path, user: str) -> Path:
    """The file in a folder that holds a user's password."""
    path = folder / f"password-of-{user}"
    path.write_text(PASSWORDS[user])
    return path


def redis_users() -> str:
    """The shipped users with passwords, as an operator gives them, and one who may do everything."""
    lines = REDIS_USERS.read_text().splitlines()
    for user in (WORKER, EDITOR, ANALYST):
        digest = hashlib.sha256(PASSWORDS[user].encode()).hexdigest()
        lines = [line.replace(f"user {user} on", f"user {user} on #{digest}") for line in lines]
    return "\n".join([*lines, f"user {ADMIN} on >{PASSWORDS[ADMIN]} ~* &* +@all", ""])


@contextmanager
def running_platform(folder: Path) -> Iterator[Platform]:
    """The servers, with what the shipped files allow."""
    certificates = make_certificates(folder)
    with (
        secured_kafka(certificates, PASSWORDS) as kafka,
        secured_redis(certificates, redis_users(), (ADMIN, PASSWORDS[ADMIN])) as port,
    ):
        apply_acls(kafka, folder)
        yield Platform(kafka, port, AdminClient({**kafka.librdkafka(ADMIN), "log_level": 0}))


def apply_acls(kafka: SecuredKafka, folder: Path) -> None:
    """Grant the shipped permissions as an operator does: with the shipped script, and Kafka's own tool."""
    tool = folder / "kafka-acls.sh"
    command = shlex.join([*jvm_command(), "org.apache.kafka.tools.AclCommand"])
    tool.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    tool.chmod(0o755)
    access = write_properties(folder / "admin.properties", kafka.java(ADMIN))
    subprocess.run(
        [APPLY_ACLS, "--bootstrap-server", kafka.bootstrap, "--command-config", access],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
