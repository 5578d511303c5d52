"""The Redis client that the settings ask for."""

from typing import Any

from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig

from detector.config import RedisSettings

_SOCKET_TIMEOUT_S = 2.0


def connect(settings: RedisSettings) -> Redis | RedisCluster:
    """Return a client that is not yet connected; the caller closes it with ``aclose``.

    No command waits longer than 2 seconds for a reply, and none is repeated behind the caller's back: only
    the store knows which are safe to repeat.
    """
    if settings.mode == "sentinel":
        return _through_sentinel(settings)
    host, port = settings.address
    if settings.mode == "cluster":
        return RedisCluster(host=host, port=port, **_arguments(settings))
    return Redis(host=host, port=port, db=settings.database, **_arguments(settings))


def describe_address(settings: RedisSettings) -> str:
    """Say where Redis is, for messages and logs; never holds a secret or a user."""
    tls = " with TLS" if settings.uses_tls else ""
    if settings.mode == "sentinel":
        return f"Redis {settings.sentinel_service} by the Sentinels {', '.join(settings.sentinels)}{tls}"
    host, port = settings.address
    what = "Redis Cluster" if settings.mode == "cluster" else "Redis"
    return f"{what} at {f'[{host}]' if ':' in host else host}:{port}{tls}"


def _through_sentinel(settings: RedisSettings) -> Redis:
    password = settings.sentinel_password
    own = {
        "username": settings.sentinel_username,
        "password": password.get_secret_value() if password else None,
    }
    shared = _arguments(settings)
    addresses = [(host.strip("[]"), int(port)) for host, _, port in _split(settings.sentinels)]
    sentinels = Sentinel(addresses, sentinel_kwargs=shared | own)  # type: ignore[no-untyped-call]
    client: Redis = sentinels.master_for(
        settings.sentinel_service, redis_class=_SentinelRedis, db=settings.database, **shared
    )
    return client


class _SentinelRedis(Redis):
    """A client that closes its connections to the sentinels as well."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await super().aclose(close_connection_pool)
        assert isinstance(self.connection_pool, SentinelConnectionPool)
        await self.connection_pool.sentinel_manager.aclose()


def _split(addresses: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [address.rpartition(":") for address in addresses]


def _arguments(settings: RedisSettings) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "username": settings.username,
        "password": settings.password.get_secret_value() if settings.password else None,
        "socket_timeout": _SOCKET_TIMEOUT_S,
        "socket_connect_timeout": _SOCKET_TIMEOUT_S,
        "retry": Retry(NoBackoff(), 0),
        # Its handshake is a command that a narrow ACL does not allow.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    return arguments | (_tls(settings) if settings.uses_tls else {})


def _tls(settings: RedisSettings) -> dict[str, Any]:
    files = {
        "ssl_ca_certs": settings.ssl_cafile,
        "ssl_certfile": settings.ssl_certfile,
        "ssl_keyfile": settings.ssl_keyfile,
    }
    return {"ssl": True} | {name: str(path) for name, path in files.items() if path}
