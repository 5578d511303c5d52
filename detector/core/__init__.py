"""The pure part: events, histories and rules in, alerts out; no clock and no I/O."""
