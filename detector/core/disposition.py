"""What an analyst may say of an alert."""

from enum import StrEnum


class Disposition(StrEnum):
    """Whether an alert was right, as someone found who looked."""

    CONFIRMED = "confirmed"
    FALSE_POSITIVE = "false_positive"
    UNCLEAR = "unclear"
