"""`live serve` with nothing configured: serves, survives kill -9, ends cleanly, owns its folder."""

import contextlib
import signal
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.installation import Installation

pytestmark = pytest.mark.system
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Serving:
    """A `live serve` and a host's way to talk to it, from when it has been seen to listen."""

    def __init__(self, installation: Installation, port: int) -> None:
        self.installation = installation
        self.url = f"http://127.0.0.1:{port}"
        self.headers: dict[str, str] = {}

    def sign_in(self) -> None:
        token = self.installation.run("token", "--role", "host").stdout.strip()
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(
            method, f"{self.url}/api/v1{path}", json=body, headers=self.headers, timeout=10
        )
        answer.raise_for_status()
        return answer.json()

    def until(self, path: str, **wanted: str) -> Any:
        """Polls until the answer holds `wanted`; what cannot be reached yet counts as not yet."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        answer: Any = None
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                answer = self.ask("GET", path)
                if wanted.items() <= answer.items():
                    return answer
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError(f"{path} did not come to {wanted}: {answer}")

    def schedule(self) -> str:
        return str(self.ask("POST", "/streams", {"title": "Test", "description": "x"})["id"])


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "var", {"PORT": str(free_port()), "LIVE_LOG_LEVEL": "warning"})


def test_show_becomes_ready_and_is_there_after_kill_9_and_after_a_clean_end(
    installation: Installation,
) -> None:
    port = int(installation.environ["PORT"])
    serving = Serving(installation, port)
    with installation.running("serve") as child:
        _listens(serving)
        serving.sign_in()
        first = serving.schedule()
        serving.until(f"/streams/{first}", status="ready")
        second = serving.schedule()
        child.kill()
        child.wait()
    with installation.running("serve") as child:
        serving.until(f"/streams/{second}", status="ready")
        ingest = serving.ask("GET", f"/streams/{first}/ingest")
        started = time.monotonic()
        child.send_signal(signal.SIGTERM)
        assert child.wait(15) == 0
        assert time.monotonic() - started < 10
    with installation.running("serve"):
        serving.until(f"/streams/{first}", status="ready")
        assert serving.ask("GET", f"/streams/{first}/ingest") == ingest
        refused = installation.run_apart("serve")
        assert refused.returncode == 1
        assert refused.stderr.startswith("live: PORT: cannot listen on")
        assert installation.run("health").returncode == 0


def _listens(serving: Serving) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{serving.url}/health/ready", timeout=5).is_success:
                return
        time.sleep(_PAUSE_SECONDS)
    raise AssertionError("live serve does not answer")
