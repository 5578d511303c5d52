"""What is said where there is no Ray to run on."""

import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from detector.replay.ray import OnRay
from detector.replay.run.errors import RunError


def test_a_cluster_that_is_not_there_is_named_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    said = f"^no Ray cluster answers at {address}, which should be HOST:PORT of its head: .*refused"
    with pytest.raises(RunError, match=said), OnRay(address, None, tmp_path):
        pass
    with pytest.raises(RunError, match=r"^no Ray cluster answers at head, "), OnRay("head", None, tmp_path):
        pass


def test_where_ray_is_not_installed_it_says_how_it_gets_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    said = r"^Ray is not installed: pip install 'streaming-fraud-detector\[ray\]'$"
    with pytest.raises(RunError, match=said), OnRay(None, 2, tmp_path):
        pass


def test_a_cluster_of_another_version_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def init(**_: object) -> None:
        raise RuntimeError("Version mismatch:\n    Ray: 1.0")

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=init, shutdown=lambda: None))
    with socket.create_server(("127.0.0.1", 0)) as head:
        address = f"127.0.0.1:{head.getsockname()[1]}"
        said = f"^cannot join the Ray cluster at {address}: Version mismatch: Ray: 1.0$"
        with pytest.raises(RunError, match=said), OnRay(address, None, tmp_path):
            pass
