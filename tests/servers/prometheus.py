"""One Prometheus for the tests, and its tool, from PATH."""

import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from ruamel.yaml import YAML

from detector.embedded import free_port
from detector.embedded.process import running_server
from tests.servers.programs import program

_START_SECONDS = 30.0


@contextmanager
def running_prometheus(jobs: Mapping[str, list[str]], alerts: Mapping[str, str]) -> Iterator[str]:
    """A Prometheus that scrapes every second, with exemplars; gives its URL.

    `jobs` are the addresses by job, `alerts` the expressions of alerting rules by name.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="detector-prometheus-", ignore_cleanup_errors=True) as folder:
        directory = Path(folder)
        rules = [{"alert": name, "expr": expr} for name, expr in alerts.items()]
        _write(directory / "rules.yml", {"groups": [{"name": "tests", "rules": rules}]})
        scrape = [
            {"job_name": job, "static_configs": [{"targets": addresses}]} for job, addresses in jobs.items()
        ]
        settings = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        config = directory / "prometheus.yml"
        _write(config, {"global": settings, "rule_files": ["rules.yml"], "scrape_configs": scrape})
        command = [
            program("prometheus", "prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--enable-feature=exemplar-storage",
        ]
        url = f"http://127.0.0.1:{port}"
        with running_server(command, directory, _answers(f"{url}/-/ready"), timeout=_START_SECONDS):
            yield url


def promtool(*arguments: str | Path, given: str | None = None) -> str:
    """What promtool says, which must find no fault; `given` is its standard input."""
    done = subprocess.run(
        [program("promtool", "prometheus"), *arguments],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def _write(path: Path, content: object) -> None:
    YAML().dump(content, path)


def _answers(url: str) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as reply:
                return bool(reply.status == 200)
        except (URLError, OSError):
            return False

    return answers
