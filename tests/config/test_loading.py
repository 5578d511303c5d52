"""Where settings come from, and which source wins."""

import os
from pathlib import Path

import pytest

from detector.config import ConfigError, Settings, load_settings


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("DETECTOR_")]:
        monkeypatch.delenv(name)


def write(folder: Path, text: str, name: str = "detector.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_without_any_source_the_defaults_hold() -> None:
    settings = load_settings(None, {})

    assert settings == Settings()
    assert settings.kafka.group == "fraud-detector"
    assert settings.topics.inputs == ("payments", "logins", "complaints")
    assert settings.topics.alerts_shadow == "fraud.alerts.shadow"
    assert settings.state.allowed_lateness == 600_000
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8080)


def test_an_empty_file_and_empty_sections_leave_the_defaults(tmp_path: Path) -> None:
    for text in ("", "kafka:\nlog:\n"):
        settings = load_settings(write(tmp_path, text), {})
        assert settings.model_dump() == Settings().model_dump()


def test_options_win_over_environment_over_secret_files_over_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = write(tmp_path, "from file\n", "secret")
    file = write(
        tmp_path, f"redis: {{password: from yaml, password_file: {secret}, prefix: yaml, username: yaml}}"
    )

    def redis(overrides: dict[str, dict[str, str]]) -> tuple[str, str, str]:
        section = load_settings(file, overrides).redis
        assert section.password is not None
        return section.password.get_secret_value(), section.prefix, str(section.username)

    assert redis({}) == ("from file", "yaml", "yaml")
    monkeypatch.setenv("DETECTOR_REDIS__PASSWORD", "from environment")
    monkeypatch.setenv("DETECTOR_REDIS__PREFIX", "environment")
    assert redis({}) == ("from environment", "environment", "yaml")
    assert redis({"redis": {"prefix": "option"}}) == ("from environment", "option", "yaml")


def test_an_option_that_was_not_given_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETECTOR_HTTP__PORT", "9000")

    assert load_settings(None, {"http": {"port": None}}).http.port == 9000


def test_a_secret_file_may_be_named_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DETECTOR_KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("DETECTOR_KAFKA__SASL_MECHANISM", "SCRAM-SHA-512")
    monkeypatch.setenv("DETECTOR_KAFKA__SASL_USERNAME", "detector")
    monkeypatch.setenv(
        "DETECTOR_KAFKA__SASL_PASSWORD_FILE", str(write(tmp_path, " spaces count \r\n", "secret"))
    )

    password = load_settings(None, {}).kafka.sasl_password

    assert password is not None
    assert password.get_secret_value() == " spaces count "


def test_lists_in_the_environment_are_separated_by_commas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    monkeypatch.setenv("DETECTOR_RULES__DIRS", f"{tmp_path / 'a'}, {tmp_path / 'b'}")

    assert load_settings(None, {}).rules.dirs == (tmp_path / "a", tmp_path / "b")


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETECTOR_KAFKA__SASL_USERNAME", "")

    assert load_settings(None, {}).kafka.sasl_username is None


def test_variables_that_kubernetes_sets_for_a_service_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETECTOR_PORT", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("DETECTOR_REDIS_SERVICE_HOST", "10.0.0.2")

    assert load_settings(None, {}) == Settings()


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0s", 0),
        ("500ms", 500),
        ("90s", 90_000),
        ("10m", 600_000),
        ("24h", 86_400_000),
        ("30d", 2_592_000_000),
    ],
)
def test_durations_are_read_into_milliseconds(tmp_path: Path, text: str, milliseconds: int) -> None:
    settings = load_settings(write(tmp_path, f"state: {{allowed_lateness: {text}}}"), {})

    assert settings.state.allowed_lateness == milliseconds


def test_all_faults_are_told_at_once_one_to_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETECTOR_HTTP__PORT", "eighty")
    file = write(tmp_path, "kafka:\n  session_timeout: 10\nrules:\n  dirs: [/does/not/exist]\n")

    with pytest.raises(ConfigError) as caught:
        load_settings(file, {"log": {"level": "LOUD"}})

    assert sorted(str(caught.value).splitlines()) == [
        f"{file}:2: kafka.session_timeout: found '10', expected a duration such as 90s, 10m, 24h or 30d",
        f"{file}:4: rules.dirs.0: found '/does/not/exist', expected a directory that exists",
        "command line: log.level: found 'LOUD', expected 'DEBUG', 'INFO', 'WARNING' or 'ERROR'",
        "environment DETECTOR_HTTP__PORT: http.port: found 'eighty', expected a valid integer, "
        "unable to parse string as an integer",
    ]


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        (
            "kafka:\n  bootstrap_server: a:1",
            2,
            "kafka.bootstrap_server: no such setting; did you mean bootstrap_servers?",
        ),
        ("\nkafak: {}", 2, "kafak: no such setting; did you mean kafka?"),
        ("log: {colour: red}", 1, "log.colour: no such setting; there are: format, level"),
        (
            "kafka: {bootstrap_servers: 'a:1,b:99999'}",
            1,
            "kafka.bootstrap_servers: found 'a:1,b:99999', expected HOST:PORT",
        ),
        (
            "topics: {logins: payments}",
            1,
            "topics: every topic needs a name of its own; used twice: payments",
        ),
        ("redis: {mode: sentinel}", 1, "redis: mode sentinel needs sentinels, a list of HOST:PORT"),
        (
            "redis: {mode: cluster, url: 'redis://h/3'}",
            1,
            "redis: a cluster has database 0 only, the url names 3",
        ),
        (
            "redis: {url: 'http://h'}",
            1,
            "redis.url: found 'http://h', expected redis://HOST:PORT/DATABASE, or rediss:// for TLS",
        ),
        ("log: 5", 1, "log: found '5', expected a section, that is keys and their values"),
        ("http: {port: 1}\nhttp: {port: 2}", 2, 'not valid YAML: found duplicate key "http"'),
    ],
)
def test_a_fault_names_its_line_and_what_is_meant(tmp_path: Path, text: str, line: int, fault: str) -> None:
    file = write(tmp_path, text)

    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})

    assert str(caught.value) == f"{file}:{line}: {fault}"


def test_a_variable_of_an_unknown_section_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETECTOR_KAFKE__GROUP", "x")

    with pytest.raises(
        ConfigError, match="DETECTOR_KAFKE__GROUP: kafke: no such setting; did you mean kafka"
    ):
        load_settings(None, {})


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yaml: No such file or directory$"):
        load_settings(tmp_path / "absent.yaml", {})


def test_a_missing_and_an_empty_secret_file_are_told_with_the_place_that_named_them(tmp_path: Path) -> None:
    empty = write(tmp_path, "\n", "empty")
    file = write(
        tmp_path, f"kafka:\n  sasl_password_file: /does/not/exist\nredis: {{password_file: {empty}}}\n"
    )

    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})

    assert caught.value.faults == (
        f"{file}:2: kafka.sasl_password_file: cannot read '/does/not/exist': No such file or directory",
        f"{file}:3: redis.password_file: cannot read '{empty}': it is empty",
    )


@pytest.mark.parametrize(
    "text",
    [
        "redis: {password: [hunter2]}",
        "redis: {passwort: hunter2}",
        "redis: {url: 'redis://user:hunter2@host'}",
        "redis: {username: hunter2, password: hunter2, password: hunter2}",
        "kafka: {bootstrap_servers: 'user:hunter2@host:9092'}",
        "kafka: {sasl_password: hunter2}",
        "redis: hunter2: x",
    ],
)
def test_no_message_tells_a_secret(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text), {})

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
