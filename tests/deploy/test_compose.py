"""docker-compose.yml: valid, hardened, and true of the detector and of the files that it mounts."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from detector.config import ArchiveSettings, HttpSettings
from tests.deploy.compose import COMPOSE, OURS, SECRETS, SERVICES, addresses, detector_commands, environment
from tests.deploy.detector_files import ROOT, assert_command_exists, read_yaml
from tests.deploy.prometheus_files import ALERTS, rules
from tests.servers.programs import program

ONE_SHOT_OR_NO_SERVER = {"topics", "traffic"}
PORTS = {
    "kafka": 9092,
    "detector": HttpSettings().port,
    "archive": ArchiveSettings().http_port,
    "prometheus": 9090,
    "alertmanager": 9093,
    "grafana": 3000,
}
# Where each answers inside the stack.
LISTENS = {"kafka": 19092, "redis": 6379, "postgres": 5432, "prometheus": 9090}
TOOLS = {
    "apache/kafka": {"bash"},
    "redis": {"redis-cli"},
    "postgres": {"pg_isready"},
    "prom/prometheus": {"wget"},
    "prom/alertmanager": {"wget"},
    "grafana/grafana": {"wget"},
    "streaming-fraud-detector": {"python"},
}


def test_it_is_what_compose_takes() -> None:
    command = ["--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml")]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "version" not in COMPOSE


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_do_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & service.keys()
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    if "build" not in service:
        assert re.search(r":v?\d+\.\d+|:\d+-", service["image"]), (
            "an image without a version changes by itself"
        )


@pytest.mark.parametrize("name", SERVICES)
def test_who_is_waited_for_can_be_told_to_be_ready(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name in ONE_SHOT_OR_NO_SERVER:
        assert check == {"disable": True}
    else:
        kind, tool, *_ = check["test"]
        image = SERVICES[name]["image"].split(":")[0]
        assert kind in ("CMD", "CMD-SHELL")
        assert tool.split()[0] in TOOLS[image]
    for other, condition in SERVICES[name].get("depends_on", {}).items():
        one_shot = other in ONE_SHOT_OR_NO_SERVER
        expected = "service_completed_successfully" if one_shot else "service_healthy"
        assert condition == {"condition": expected}


def test_ports_are_those_of_the_programs_and_health_checks_ask_there() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {name: [f"127.0.0.1:{port}:{port}"] for name, port in PORTS.items()}
    for name in ("detector", "archive"):
        assert f"http://127.0.0.1:{PORTS[name]}/readyz" in SERVICES[name]["healthcheck"]["test"][-1]


def test_the_readme_says_where_everything_is() -> None:
    text = (ROOT / "README.md").read_text()
    assert sorted(set(map(int, re.findall(r"127\.0\.0\.1:(\d+)", text)))) == sorted(PORTS.values())
    assert COMPOSE["secrets"]["grafana_admin_password"]["file"] in text
    profiles = {profile for service in SERVICES.values() for profile in service.get("profiles", [])}
    assert profiles == set(re.findall(r"--profile (\w+)", text))


@pytest.mark.parametrize("name", [*OURS, "grafana"])
def test_every_address_is_that_of_a_service_in_the_same_network(name: str) -> None:
    found = addresses(name)
    assert found
    for host, port in found:
        assert port == LISTENS[host]
        assert set(SERVICES[name]["networks"]) & set(SERVICES[host]["networks"]), (
            f"{name} does not reach {host}"
        )


def test_redis_is_reached_by_the_detector_alone() -> None:
    with_redis = [name for name, service in SERVICES.items() if "state" in service["networks"]]
    assert with_redis == ["redis", "detector"]
    assert COMPOSE["networks"]["state"] == {"internal": True}


@pytest.mark.parametrize("name", OURS)
def test_the_detector_takes_its_environment(name: str, tmp_path: Path) -> None:
    variables = {}
    for variable, value in environment(name).items():
        if value.startswith(SECRETS):
            (tmp_path / Path(value).name).write_text("a password")
        moved = value.replace(SECRETS, str(tmp_path)).replace(
            "/etc/detector/rules", str(ROOT / "deploy/compose/rules")
        )
        variables[variable] = moved
    command = [sys.executable, "-m", "detector", "config", "show"]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for variable in variables:
        assert f"# environment {variable}\n" in done.stdout


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_the_detector(name: str) -> None:
    commands = detector_commands(name)
    assert commands
    for arguments in commands:
        assert_command_exists(arguments)


def test_what_is_mounted_is_there() -> None:
    named = set()
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source, target, *mode = volume.split(":")
            if source.startswith("./"):
                assert (ROOT / source).exists(), source
                assert mode == ["ro"]
            else:
                named.add(source)
            assert target.startswith("/")
    assert named == COMPOSE["volumes"].keys()


def _make_secrets(folder: Path) -> dict[str, str]:
    subprocess.run(["make", "--silent", "secrets"], cwd=folder, check=True)
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("secrets/*")}


def test_the_secrets_are_made_once_and_stay_out_of_git(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    made = _make_secrets(tmp_path)
    files = {secret["file"] for secret in COMPOSE["secrets"].values()}
    assert made.keys() == files
    assert len(set(made.values())) == len(files)
    assert all(re.fullmatch(r"[\w-]{32}\n", text) for text in made.values())
    assert _make_secrets(tmp_path) == made
    # Nobody else on the machine comes into the folder; the users in the containers read the files.
    [folder] = tmp_path.rglob("secrets")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    command = ["git", "check-ignore", *files]
    ignored = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert set(ignored.stdout.split()) == files


def test_every_secret_that_a_service_reads_is_given_to_it() -> None:
    [roles] = (ROOT / "deploy/compose/postgres").iterdir()
    texts = {name: str(service) for name, service in SERVICES.items()}
    texts["postgres"] += roles.read_text()
    read = {name: set(re.findall(rf"{SECRETS}/(\w+)", text)) for name, text in texts.items()}
    assert read == {name: set(service.get("secrets", [])) for name, service in SERVICES.items()}
    assert set.union(*read.values()) == COMPOSE["secrets"].keys()


# The files of the services beside the detector


def test_prometheus_scrapes_the_services() -> None:
    content = read_yaml(ROOT / "deploy/prometheus/prometheus.yml")
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in content["scrape_configs"]}
    assert jobs == {
        "detector": [f"detector:{PORTS['detector']}"],
        "detector-archive": [f"archive:{PORTS['archive']}"],
    }
    [manager] = content["alerting"]["alertmanagers"]
    assert manager["static_configs"] == [{"targets": [f"alertmanager:{PORTS['alertmanager']}"]}]
    watching = [name for name, service in SERVICES.items() if "watch" in service["networks"]]
    assert {"prometheus", "detector", "archive", "alertmanager", "grafana"} == set(watching)


def test_alertmanager_takes_its_file() -> None:
    amtool = program("amtool", "prometheus-alertmanager")
    config = ROOT / "deploy/compose/alertmanager.yml"
    done = subprocess.run([amtool, "check-config", config], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    named = set(re.findall(r"Detector\w+", config.read_text()))
    assert named and named <= {rule["alert"] for rule in rules(ALERTS)}


def test_grafana_has_what_its_provisioning_asks_for() -> None:
    files = list((ROOT / "deploy/grafana/provisioning").rglob("*.yaml"))
    assert files
    asked = {name for path in files for name in re.findall(r"(?<!\$)\$\{(\w+)\}", path.read_text())}
    exported = set(re.findall(r"export (\w+)", SERVICES["grafana"]["entrypoint"][-1]))
    assert asked == {name for name in environment("grafana") if not name.startswith("GF_")} | exported
    mounts = [volume.split(":") for volume in SERVICES["grafana"]["volumes"]]
    places = {target: ROOT / source for source, target, *_ in mounts}
    [provider] = read_yaml(ROOT / "deploy/grafana/provisioning/dashboards/detector.yaml")["providers"]
    assert list(places[provider["options"]["path"]].glob("*.json"))
    home = Path(environment("grafana")["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (places[str(home.parent)] / home.name).exists()
