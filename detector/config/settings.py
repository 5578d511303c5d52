"""The settings as a whole."""

from collections.abc import Mapping

from pydantic import PrivateAttr, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from detector.config.sections import (
    ArchiveSettings,
    HttpSettings,
    KafkaSettings,
    LogSettings,
    RedisSettings,
    RuleSettings,
    Section,
    StateSettings,
    TopicSettings,
)

ENV_PREFIX = "DETECTOR_"
ENV_DELIMITER = "__"
Key = tuple[str, ...]


class Settings(BaseSettings):
    """Every setting there is; ``Settings()`` holds the defaults and reads nothing.

    ``origins`` says where each setting came from that is not a default, keyed by (section, name).
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kafka: KafkaSettings = KafkaSettings()
    topics: TopicSettings = TopicSettings()
    redis: RedisSettings = RedisSettings()
    rules: RuleSettings = RuleSettings()
    state: StateSettings = StateSettings()
    archive: ArchiveSettings = ArchiveSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()

    _origins: Mapping[Key, str] = PrivateAttr(default_factory=dict)

    @property
    def origins(self) -> Mapping[Key, str]:
        """Where each setting came from."""
        return self._origins

    def with_origins(self, origins: Mapping[Key, str]) -> "Settings":
        """The same settings, knowing where they came from."""
        settings = self.model_copy()
        settings._origins = origins
        return settings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what is handed over; ``load_settings`` reads the sources itself."""
        return (init_settings,)


def sections() -> dict[str, type[Section]]:
    """The sections by name."""
    return {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    }


def secret_keys() -> list[tuple[str, str]]:
    """The (section, name) of every secret; each has a sibling ``NAME_file``."""
    return [
        (section, name)
        for section, model in sections().items()
        for name, field in model.model_fields.items()
        if field.annotation == SecretStr | None
    ]
