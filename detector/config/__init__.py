"""The settings of every part, read once at the start."""

from detector.config.describe import describe
from detector.config.faults import ConfigError
from detector.config.loading import load_settings
from detector.config.sections import (
    ArchiveSettings,
    HttpSettings,
    KafkaSettings,
    LogSettings,
    RedisSettings,
    RuleSettings,
    StateSettings,
    TopicSettings,
)
from detector.config.settings import Settings

__all__ = [
    "ArchiveSettings",
    "ConfigError",
    "HttpSettings",
    "KafkaSettings",
    "LogSettings",
    "RedisSettings",
    "RuleSettings",
    "Settings",
    "StateSettings",
    "TopicSettings",
    "describe",
    "load_settings",
]
