"""What can go wrong with the state, in words for whoever can mend it."""


class StateError(Exception):
    """Base of the state store's errors; its text is one line and names no key and no secret."""


class StateUnavailable(StateError):
    """The store gave no usable answer within the deadline."""


class StateRefused(StateError):
    """The store answers, but not in a way that a detector can run on; waiting does not help."""


class PartitionCountChanged(StateError):
    """The state was written for another number of partitions: keys have moved between partitions."""

    def __init__(self, stored: int, found: int) -> None:
        """Name the stored and the found count, and both ways out."""
        super().__init__(
            f"the topics have {found} partitions, but the state was written for {stored}, "
            f"so keys now fall into other partitions: give the topics {stored} partitions again, "
            f"or use another Redis key prefix and another topic for topics.by_merchant, "
            f"to rebuild the state from the log"
        )
        self.stored = stored
        self.found = found


class KeySecretChanged(StateError):
    """The keys of the state were named with another secret, or with none, so no history would be found."""

    def __init__(self, had_one: bool, has_one: bool) -> None:
        """Say whether there was a secret and whether there is one now, and both ways out."""
        former = "no" if not had_one else "another" if has_one else "a"
        back = "give it that secret again" if had_one else "leave the secret out"
        now = "with the one that is set" if has_one else "without one"
        super().__init__(
            f"the state was written with {former} redis.key_secret, and its histories cannot be found {now}: "
            f"{back}, or use another Redis key prefix, and import the lists there, to rebuild the state "
            f"from the log"
        )


class CorruptStateError(StateError):
    """What was stored cannot be read back."""


class NoSuchListError(StateError):
    """A list was asked for that nobody has made."""

    def __init__(self, name: str) -> None:
        """Name the list."""
        super().__init__(f"there is no list '{name}'")
        self.name = name
