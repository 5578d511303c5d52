"""Mutants of what is written to Redis, and of what is read from there."""

import msgspec

from detector.core import engine
from detector.core.history import History
from detector.state.redis_store import RedisStore
from detector.state.store import Commit, CommitResult, Outcome
from detector.stream.intake import Intake, Position
from detector.stream.processor import Processor
from detector.stream.shares import Share
from tests.faults.mutants.mutant import Mutant, replaces

_EPOCH_CHECK = "if redis.call('HGET', meta, 'epoch') ~= epoch then"
_NEW_EPOCH = "local epoch = redis.call('HINCRBY', meta, 'counter', 1) .. '-' .. nonce"
_OLD_EPOCH = "local epoch = redis.call('HGET', meta, 'epoch') or nonce"


def _write_histories_apart() -> None:
    commit = RedisStore.commit

    async def in_two_calls(self: RedisStore, commits: list[Commit]) -> list[CommitResult]:
        commands: list[tuple[str | bytes, ...]] = []
        for one in commits:
            keys = self._keys(one.partition, [write.key for write in one.writes])
            for key, write in zip(keys, one.writes, strict=True):
                commands.append(("SET" if write.replace else "APPEND", key, write.data))
        if commands:
            await self._calls.run(commands)
        return await commit(self, [msgspec.structs.replace(one, writes=[]) for one in commits])

    RedisStore.commit = in_two_calls


def _keep_alerts_out_of_the_commit() -> None:
    commit_of, committed = Processor._commit_of, Processor._committed

    def without_outbox(self: Processor, partition: int, share: Share) -> Commit:
        return msgspec.structs.replace(commit_of(self, partition, share), outbox=[])

    async def then_published(self: Processor, commit: Commit, result: CommitResult, share: Share) -> None:
        await committed(self, commit, result, share)
        if share.outbox:
            await self._publisher.publish(commit.partition, commit.epoch, 0, share.outbox)

    Processor._commit_of, Processor._committed = without_outbox, then_published


def _take_what_was_seen() -> None:
    add_rekeyed = Intake._add_rekeyed

    class Nothing(dict):
        def get(self, _origin: object, _default: object = None) -> int:
            return 0

    def blindly(self: Intake, share: Share, readings: object, position: Position) -> None:
        share.seen = Nothing(share.seen)
        add_rekeyed(self, share, readings, position._replace(seen=Nothing()))
        share.seen = dict(share.seen)

    Intake._add_rekeyed = blindly


def _know_no_duplicate() -> None:
    engine.SHORT = -1
    History.knows = lambda _self, _event_id: False


def _take_a_mismatch_for_applied() -> None:
    commit = RedisStore.commit

    async def as_if_applied(self: RedisStore, commits: list[Commit]) -> list[CommitResult]:
        return [
            msgspec.structs.replace(result, outcome=Outcome.APPLIED)
            if result.outcome is Outcome.MISMATCH
            else result
            for result in await commit(self, commits)
        ]

    RedisStore.commit = as_if_applied


OF_THE_STATE = {
    "no offset guard in commit.lua": Mutant(
        "a commit whose answer was lost is applied once",
        "an answer is lost",
        replaces("COMMIT", "if not expected then", "if false then"),
    ),
    "no epoch check in commit.lua": Mutant(
        "a former owner writes nothing any more",
        "a zombie comes back",
        replaces("COMMIT", "if owner ~= epoch then", "if false then"),
    ),
    "no new epoch at acquire": Mutant(
        "a new owner fences off the former one",
        "a zombie comes back",
        replaces("ACQUIRE", _NEW_EPOCH, _OLD_EPOCH),
    ),
    "no epoch check in trim_outbox.lua": Mutant(
        "a former owner trims nothing any more",
        "a trim comes late",
        replaces("TRIM_OUTBOX", _EPOCH_CHECK, "if false then"),
    ),
    "a mismatch is taken for applied": Mutant(
        "a Redis that lost its last writes is noticed",
        "Redis goes back",
        _take_a_mismatch_for_applied,
    ),
    "histories written before the commit": Mutant(
        "histories and offsets move together",
        "dies before a commit of alerts",
        _write_histories_apart,
    ),
    "alerts published past the outbox": Mutant(
        "alerts and offsets move together",
        "dies before publishing",
        _keep_alerts_out_of_the_commit,
    ),
    "what was seen of re-keyed events is ignored": Mutant(
        "a re-keyed event that is sent again counts once",
        "dies amid a crowd",
        _take_what_was_seen,
    ),
    "duplicates are not recognised": Mutant(
        "two events with one id are one",
        "dies before publishing",
        _know_no_duplicate,
    ),
}
