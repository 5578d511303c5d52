"""The chart, rendered by the real Helm: valid for Kubernetes, hardened, and true of the detector."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from detector import __version__
from detector.config import (
    ArchiveSettings,
    HttpSettings,
    KafkaSettings,
    Settings,
    TopicSettings,
    load_settings,
)
from detector.config.settings import secret_keys, sections
from detector.rules.rule_set import lint as lint_rules
from tests.deploy.chart import CHART, Rendered, lint, render, template
from tests.deploy.detector_files import ROOT, assert_command_exists, read_yaml

# The first of them may have to build helm.
pytestmark = pytest.mark.timeout(1_800)

VALUES = [None, *sorted((CHART / "ci").glob("*-values.yaml"))]
NAME = "fraud-streaming-fraud-detector"
PROMETHEUS = ROOT / "deploy/prometheus"
PORTS = {"worker": HttpSettings().port, "archive": ArchiveSettings().http_port}
OF_OTHERS = ("monitoring.coreos.com/", "keda.sh/")


@pytest.fixture(params=VALUES, ids=lambda path: path.stem if path else "defaults", scope="module")
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return render(request.param)


@pytest.fixture(scope="module")
def everything() -> Rendered:
    return render(CHART / "ci/everything-values.yaml")


@pytest.fixture(scope="module")
def secured() -> Rendered:
    return render(CHART / "ci/secured-values.yaml")


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem if path else "defaults")
def test_helm_has_nothing_to_say_of_it(values: Path | None) -> None:
    done = lint(values)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout


@pytest.mark.parametrize("version", ["1.25", "1.37"])
def test_kubernetes_knows_every_field(rendered: Rendered, version: str) -> None:
    for found in rendered.objects:
        if not found["apiVersion"].startswith(OF_OTHERS):
            kubernetes_validate.validate(found, version, strict=True)


def test_everything_is_rendered_where_everything_is_on(everything: Rendered) -> None:
    templates = {path.name for path in (CHART / "templates").glob("*.yaml")}
    assert len(templates) == 10
    done = template(CHART / "ci/everything-values.yaml")
    assert set(re.findall(r"# Source: \S+/templates/([a-z]+\.yaml)", done.stdout)) == templates


def test_no_pod_may_do_more_than_it_must(rendered: Rendered) -> None:
    for _, pod in rendered.pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"requests", "limits"} <= container["resources"].keys()
        writable = [mount for mount in container["volumeMounts"] if not mount.get("readOnly")]
        assert {mount["mountPath"] for mount in writable} - {"/etc/more-rules"} == {"/tmp"}


def test_pods_run_as_the_user_of_the_image(rendered: Rendered) -> None:
    [user] = re.findall(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for _, pod in rendered.pods():
        context = pod["securityContext"]
        assert (str(context["runAsUser"]), str(context["runAsGroup"])) == user


def test_no_secret_is_made_and_none_is_shown(rendered: Rendered) -> None:
    assert rendered.of("Secret") == []
    [worker] = rendered.pod("worker")[1]["containers"]
    assert [found for found in worker.get("env", []) if "PASSWORD" in found["name"]] == []


def test_every_command_is_one_of_the_detector(rendered: Rendered) -> None:
    for _, pod in rendered.pods():
        assert_command_exists(pod["containers"][0]["args"])


# Settings


@pytest.mark.parametrize("component", ["worker", "archive", "test"])
@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem if path else "defaults")
def test_the_detector_takes_the_settings_it_is_given(
    values: Path | None, component: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = render(values, "--set", "archive.enabled=true")
    _, pod = found.pod(component)
    [container] = pod["containers"]
    config = _unpack(found, pod, tmp_path)
    for variable in container.get("env", []):
        monkeypatch.setenv(variable["name"], variable["value"])
    settings = load_settings(config, {})
    given = read_yaml(config)
    assert set(settings.origins) >= {(section, name) for section in given for name in given[section]}
    if values and values.name.startswith("secured"):
        mine = "fraud-archive" if component == "archive" else "fraud-detector"
        assert settings.kafka.sasl_username == mine
        assert settings.kafka.sasl_password
        assert settings.kafka.sasl_password.get_secret_value() == f"kafka-{mine} password"
    if component == "archive":
        assert settings.redis == Settings().redis
        assert settings.archive.url.startswith("postgresql://postgresql:")


def _unpack(found: Rendered, pod: dict[str, Any], folder: Path) -> Path:
    """Lay the pod's volumes below a folder, as Kubernetes does below /; gives the file of settings there."""
    sources = {volume["name"]: volume for volume in pod["volumes"]}
    [container] = pod["containers"]
    for mount in container["volumeMounts"]:
        place = folder / mount["mountPath"].lstrip("/")
        place.mkdir(parents=True)
        for name, text in _contents(found, sources[mount["name"]]):
            (place / name).write_text(re.sub(r"(?<![\w/])/etc/", f"{folder}/etc/", text))
    [config] = [word.removeprefix("--config=") for word in container["args"] if word.startswith("--config=")]
    return folder / config.lstrip("/")


def _contents(found: Rendered, volume: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if secret := volume.get("secret"):
        yield "password", f"{secret['secretName']} password\n"
        yield "ca.crt", "a certificate"
    elif (source := volume.get("configMap")) and volume["name"] != "more-rules":
        yield from found.one("ConfigMap", source["name"])["data"].items()


def test_rules_of_ones_own_arrive_as_they_were_given(tmp_path: Path) -> None:
    rule = ROOT / "deploy/compose/rules/many-transfers.yaml"
    found = render(None, "--set-file", f"rules.many-transfers={rule}")
    config = _unpack(found, found.pod("worker")[1], tmp_path)
    [directory] = load_settings(config, {}).rules.dirs
    assert read_yaml(directory / rule.name) == read_yaml(rule)
    _, notes = lint_rules([directory], Settings().state)
    assert list(notes) == []


def test_other_settings_roll_the_pods_and_other_rules_do_not() -> None:
    def checksum(*options: str) -> str:
        metadata, _ = render(None, *options).pod("worker")
        return str(metadata["annotations"]["checksum/config"])

    assert checksum("--set", "config.state.history_cap=100") != checksum()
    assert checksum("--set", "rules.a=x") == checksum("--set", "rules.a=y")


# The schema of the values


def _schema() -> Any:
    return json.loads((CHART / "values.schema.json").read_text())


def test_the_schema_has_every_setting_but_the_chart_s_own_and_secrets() -> None:
    definitions = _schema()["definitions"]
    own = {"http": set(HttpSettings.model_fields), "archive": {"http_port"}}
    for section, model in sections().items():
        secrets = {name for where, name in secret_keys() if where == section}
        expected = set(model.model_fields) - secrets - own.get(section, set())
        assert set(definitions.get(section, {}).get("properties", {})) == expected, section


def test_the_schema_leaves_no_object_open_that_the_chart_names() -> None:
    def closed(node: Any, where: str) -> None:
        if isinstance(node, dict):
            if "properties" in node:
                assert node.get("additionalProperties") is False, where
            for name, child in node.items():
                closed(child, f"{where}/{name}")

    closed(_schema(), "")
    assert set(read_yaml(CHART / "values.yaml")) == set(_schema()["properties"]) - {"global"}


@pytest.mark.parametrize(
    "value",
    [
        "replicas=2",
        "worker.replicas=0",
        "autoscaling.minReplicas=0",
        "config.kafka.sasl_password=secret",
        "config.redis.password=secret",
        "config.kafka.bootstrap_server=kafka:9092",
        "config.kafka.security_protocol=TLS",
        "config.kafka.session_timeout=12",
        "config.http.port=9000",
        "config.redis=null",
        "archive.config.redis.url=redis://redis:6379/0",
        "image.digest=sha256:1234",
        "networkPolicy.kafka.ports={}",
        "worker.secrets={Not_A_Name}",
    ],
)
def test_values_that_cannot_be_meant_are_refused(value: str) -> None:
    done = template(None, "--set", value)
    assert done.returncode == 1
    assert "values don't meet the specifications of the schema" in done.stderr


# Probes, ports and who selects whom


@pytest.mark.parametrize("component", ["worker", "archive"])
def test_probes_ask_what_the_detector_answers(everything: Rendered, component: str) -> None:
    _, pod = everything.pod(component)
    [container] = pod["containers"]
    [port] = container["ports"]
    assert port == {"name": "http", "containerPort": PORTS[component]}
    asked = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert asked == {
        "startup": {"path": "/livez", "port": "http"},
        "liveness": {"path": "/livez", "port": "http"},
        "readiness": {"path": "/readyz", "port": "http"},
    }


def test_a_drain_may_take_as_long_as_redis_and_kafka_are_waited_for(everything: Rendered) -> None:
    for component in ("worker", "archive"):
        _, pod = everything.pod(component)
        assert pod["terminationGracePeriodSeconds"] >= 30 + 15 + 10


def test_selectors_tell_the_parts_from_each_other(everything: Rendered) -> None:
    labels = {
        metadata["labels"]["app.kubernetes.io/component"]: metadata["labels"]
        for metadata, _ in everything.pods()
    }
    assert labels.keys() == {"worker", "archive", "test"}
    selecting = [
        *everything.of("Deployment"),
        *everything.of("PodDisruptionBudget"),
        *everything.of("NetworkPolicy"),
        *everything.of("PodMonitor"),
    ]
    assert len(selecting) == 7
    for found in selecting:
        spec = found["spec"]
        selector = (spec.get("selector") or spec["podSelector"])["matchLabels"]
        selected = [component for component, own in labels.items() if selector.items() <= own.items()]
        assert selected == [found["metadata"]["labels"]["app.kubernetes.io/component"]], found["metadata"][
            "name"
        ]


def test_a_worker_leaves_only_when_another_has_its_partitions(everything: Rendered) -> None:
    strategy = everything.one("Deployment", NAME)["spec"]["strategy"]
    assert strategy == {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


@pytest.mark.parametrize("component", ["worker", "archive"])
def test_the_network_is_open_to_what_the_settings_name_and_to_nothing_else(
    secured: Rendered, component: str
) -> None:
    policy = secured.one("NetworkPolicy", f"{NAME}-{component}")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [entry["port"] for rule in policy["ingress"] for entry in rule["ports"]] == [PORTS[component]]
    assert all(rule["from"] for rule in policy["ingress"])
    dns, kafka, store = policy["egress"]
    assert {(entry["protocol"], entry["port"]) for entry in dns["ports"]} == {("UDP", 53), ("TCP", 53)}
    assert kafka["to"]
    [volume] = [volume for volume in secured.pod(component)[1]["volumes"] if volume["name"] == "config"]
    text = secured.one("ConfigMap", volume["configMap"]["name"])["data"]["detector.yaml"]
    named = {int(port) for port in re.findall(r":(\d+)", text)}
    assert {entry["port"] for rule in (kafka, store) for entry in rule["ports"]} == named


def test_the_network_policy_s_ports_are_those_of_the_default_addresses() -> None:
    values = read_yaml(CHART / "values.yaml")
    policy = values["networkPolicy"]
    addresses = {
        "kafka": values["config"]["kafka"]["bootstrap_servers"],
        "redis": values["config"]["redis"]["url"],
        "postgresql": values["archive"]["config"]["archive"]["url"],
    }
    for server, address in addresses.items():
        assert policy[server]["ports"] == [int(port) for port in re.findall(r":(\d+)", address)]


# Monitoring and scaling


def test_series_get_the_names_of_jobs_that_the_rules_look_for(everything: Rendered) -> None:
    scraped = {job["job_name"] for job in read_yaml(PROMETHEUS / "prometheus.yml")["scrape_configs"]}
    named = set()
    for monitor in everything.of("PodMonitor"):
        assert monitor["metadata"]["labels"]["release"] == "kube-prometheus-stack"
        [endpoint] = monitor["spec"]["podMetricsEndpoints"]
        assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
        [relabeling] = endpoint["relabelings"]
        assert relabeling["targetLabel"] == "job"
        named.add(relabeling["replacement"])
    assert named == scraped


def test_the_rules_are_those_of_deploy_prometheus(everything: Rendered) -> None:
    files = {
        path: read_yaml(path) for kind in ("rules", "alerts") for path in (PROMETHEUS / kind).glob("*.yml")
    }
    shipped = {f"{NAME}-{path.stem}-{path.parent.name}": content for path, content in files.items()}
    assert shipped
    assert {rule["metadata"]["name"]: rule["spec"] for rule in everything.of("PrometheusRule")} == shipped


def test_the_dashboards_are_those_of_deploy_grafana(everything: Rendered) -> None:
    shipped = {
        path.name: path.read_text().strip() for path in (ROOT / "deploy/grafana/dashboards").glob("*.json")
    }
    assert shipped
    found: dict[str, str] = {}
    for config in everything.of("ConfigMap"):
        if config["metadata"]["labels"].get("grafana_dashboard") == "1":
            assert config["metadata"]["annotations"] == {"grafana_folder": "Fraud"}
            found |= {name: text.strip() for name, text in config["data"].items()}
    assert found == shipped


def test_keda_scales_by_the_lag_of_the_inputs_and_never_to_none(everything: Rendered) -> None:
    [scaled] = everything.of("ScaledObject")
    spec = scaled["spec"]
    assert spec["scaleTargetRef"]["name"] == NAME
    assert "replicas" not in everything.one("Deployment", NAME)["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"], spec["fallback"]["replicas"]) == (3, 24, 3)
    triggers = spec["triggers"]
    assert {trigger["type"] for trigger in triggers} == {"kafka"}
    assert {trigger["authenticationRef"]["name"] for trigger in triggers} == {"kafka"}
    inputs = TopicSettings(payments="eu.payments").inputs
    assert [trigger["metadata"]["topic"] for trigger in triggers] == list(inputs)
    for trigger in triggers:
        assert all(isinstance(value, str) for value in trigger["metadata"].values())
        assert trigger["metadata"]["consumerGroup"] == "fraud-eu"
        assert trigger["metadata"]["allowIdleConsumers"] == "false"


def test_keda_looks_at_the_program_s_defaults_where_none_are_given() -> None:
    [scaled] = render(None, "--set", "autoscaling.enabled=true").of("ScaledObject")
    metadata = [trigger["metadata"] for trigger in scaled["spec"]["triggers"]]
    assert [found["topic"] for found in metadata] == list(TopicSettings().inputs)
    assert {found["consumerGroup"] for found in metadata} == {KafkaSettings().group}


# The chart itself


def test_the_chart_is_of_this_version() -> None:
    chart = read_yaml(CHART / "Chart.yaml")
    assert chart["appVersion"] == __version__
    [worker] = render(None).pod("worker")[1]["containers"]
    assert worker["image"] == f"streaming-fraud-detector:{__version__}"


def test_the_readme_names_every_value() -> None:
    text = (CHART / "README.md").read_text()
    for name, value in read_yaml(CHART / "values.yaml").items():
        parts = [f"{name}.{part}" for part in value] if isinstance(value, dict) and name != "config" else []
        for key in parts or [name]:
            assert f"`{key}`" in text, key
