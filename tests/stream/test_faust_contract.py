"""What the batching transport relies on inside Faust. If this fails after an upgrade, read the changed source
against detector/stream/transport.py before renewing a fingerprint."""

import hashlib
import inspect
from collections.abc import Callable
from importlib.metadata import version
from types import SimpleNamespace
from unittest.mock import AsyncMock, MagicMock

import aiokafka
import pytest
from aiokafka.consumer.fetcher import Fetcher, FetchResult
from aiokafka.consumer.subscription_state import Assignment, TopicPartitionState
from faust.app import App
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer, ConsumerThread, ThreadDelegateConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service
from mode.supervisors import CrashingSupervisor
from mode.threads import ServiceThread


def _fingerprint(function: Callable) -> str:
    source = "".join(inspect.getsource(inspect.unwrap(function)).split())
    return hashlib.sha256(source.encode()).hexdigest()[:12]


@pytest.mark.parametrize(
    ("package", "pinned"),
    [("faust-streaming", "0.15.3"), ("mode-streaming", "0.7.1"), ("aiokafka", "0.14.0")],
)
def test_the_versions_are_the_ones_that_were_read(package, pinned):
    assert version(package) == pinned


@pytest.mark.parametrize(
    ("function", "fingerprint"),
    [
        (Consumer.getmany, "42726b7c2636"),
        (Consumer.perform_seek, "fb84a3ee6ae9"),
        (Consumer.commit, "62bb9c75b159"),
        (Consumer.on_partitions_revoked, "91da4e208b27"),
        (Consumer.on_partitions_assigned, "405c7394beca"),
        (Consumer.on_stop, "edcda9684a7f"),
        (Consumer._drain_messages, "3f1b608ae610"),
        (Consumer._wait_next_records, "eca5f200678b"),
        (ThreadDelegateConsumer.threadsafe_partitions_revoked, "7b1abe4fccf4"),
        (ThreadDelegateConsumer._getmany, "51ec59403bc3"),
        (ThreadDelegateConsumer._commit, "a5121fa291ce"),
        (ConsumerThread.on_partitions_revoked, "a459c6266a4f"),
        (driver.Consumer._new_consumer_thread, "0bc8e7de1009"),
        (driver.AIOKafkaConsumerThread._create_worker_consumer, "70e4db0e4dd3"),
        (driver.AIOKafkaConsumerThread.on_start, "62a726b8a143"),
        (driver.AIOKafkaConsumerThread._commit, "728c9122908a"),
        (Consumer.resume_flow, "198c020d0920"),
        (Consumer.stop_flow, "f4632467bb48"),
        (driver.AIOKafkaConsumerThread._fetch_records, "86a9aeddd3a9"),
        (driver.ConsumerRebalanceListener.on_partitions_revoked, "848ea8d87dec"),
        (driver.ConsumerRebalanceListener.on_partitions_assigned, "527221f84425"),
        (Recovery.on_rebalance, "5d2415ebb7a0"),
        (Recovery._resume_streams, "a480d89a3366"),
        (Recovery._restart_recovery.fun, "ce498dea3665"),
        (Recovery._wait, "8029921d0412"),
        (App._on_partitions_revoked, "9cfc05cff3a1"),
        (App._on_partitions_assigned, "bc7efe5aaee0"),
        (App._stop_consumer, "f07a854b2b9c"),
        (Fetcher._update_fetch_positions, "590f14eaec25"),
        (Fetcher.fetched_records, "14a61876338b"),
        (TopicPartitionState.seek, "ef768e480bfa"),
        (Fetcher.seek_to, "1f1169da1180"),
        (Assignment.all_consumed_offsets, "e42ed7b280de"),
        (FetchResult.getall, "9669e7e2380f"),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_the_methods_around_the_transport_are_unchanged(function, fingerprint):
    assert _fingerprint(function) == fingerprint


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (Consumer.getmany, ["self", "timeout"]),
        (Consumer.perform_seek, ["self"]),
        (Consumer.commit, ["self", "topics", "start_new_transaction"]),
        (Consumer.on_partitions_revoked, ["self", "revoked"]),
        (Consumer.on_partitions_assigned, ["self", "assigned", "generation_id"]),
        (ThreadDelegateConsumer._getmany, ["self", "active_partitions", "timeout"]),
        (ThreadDelegateConsumer._new_consumer_thread, ["self"]),
        (driver.AIOKafkaConsumerThread._create_worker_consumer, ["self", "transport"]),
        (
            driver.AIOKafkaConsumerThread._fetch_records,
            ["self", "consumer", "active_partitions", "timeout", "max_records"],
        ),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_the_overridden_methods_have_the_same_parameters(function, parameters):
    assert list(inspect.signature(inspect.unwrap(function)).parameters) == parameters


def test_the_consumers_fetch_wait_is_where_the_transport_sets_it():
    assert "fetch_max_wait_ms=self._fetch_max_wait_ms" in inspect.getsource(aiokafka.AIOKafkaConsumer.start)


def test_the_consumer_thread_takes_a_loop_of_its_own():
    assert "thread_loop" in inspect.signature(ServiceThread.__init__).parameters


def test_a_service_has_the_events_that_the_job_waits_for():
    service = Service()
    assert not service._crashed.is_set()
    assert not service._stopped.is_set()


def test_a_crashing_agent_has_no_supervisor_that_could_restart_it():
    service = Service()
    CrashingSupervisor(service)._contribute_to_service(service)
    assert service.supervisor is None


async def test_recovery_awaits_the_seek_before_it_opens_the_flow():
    calls = []
    consumer = MagicMock()
    consumer.assignment.return_value = {TP("payments", 0)}
    consumer.perform_seek = AsyncMock(side_effect=lambda: calls.append("perform_seek"))
    consumer.resume_flow.side_effect = lambda: calls.append("resume_flow")
    app = MagicMock(consumer=consumer, consumer_generation_id=7)
    app.on_rebalance_complete.send = AsyncMock(side_effect=lambda: calls.append("signal"))
    app.flow_control.resume.side_effect = lambda: calls.append("flow_control")
    app._fetcher.maybe_start = AsyncMock(side_effect=lambda: calls.append("fetcher"))

    async def wait(awaitable, timeout):
        await awaitable

    recovery = SimpleNamespace(
        app=app,
        tables=MagicMock(),
        log=MagicMock(),
        completed=MagicMock(),
        _wait=wait,
        _is_changelog_tp=lambda tp: False,
    )
    await Recovery._resume_streams(recovery, generation_id=7)
    assert calls == ["signal", "perform_seek", "flow_control", "resume_flow", "fetcher"]
