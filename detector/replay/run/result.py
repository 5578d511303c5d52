"""What a run gives, for as long as its files are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from detector.core.alert import Alert
from detector.replay.fact import Fact
from detector.replay.run.alert_runs import merged
from detector.replay.summary import Summary

_decoder = msgspec.json.Decoder(Alert)


class Result(NamedTuple):
    """What a run came to.

    Args:
        summaries: by the name of the rule set, in the order in which the sets were given.
        facts: of the events that were watched for, as far as there were any, by event id.
        runs: the files of alerts, by rule set.
        directory: where files for merging may be made.
        at_once: how many files are merged at a time.
    """

    summaries: Mapping[str, Summary]
    facts: Mapping[str, Fact]
    runs: Mapping[str, list[Path]]
    directory: Path
    at_once: int

    @property
    def summary(self) -> Summary:
        """The numbers of the first rule set."""
        return next(iter(self.summaries.values()))

    def lines(self, name: str) -> Iterator[bytes]:
        """The alerts of a rule set as JSON, in the order in which they would have been published."""
        yield from merged(self.runs[name], self.directory, self.at_once)

    def alerts(self, name: str) -> Iterator[Alert]:
        """The alerts of a rule set, in the order in which they would have been published."""
        return map(_decoder.decode, self.lines(name))
