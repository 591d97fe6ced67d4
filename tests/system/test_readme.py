"""README's example, pasted as it stands, against `live serve` with nothing configured."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
_START_SECONDS = 60
_EXAMPLE_SECONDS = 150

pytestmark = pytest.mark.system


def example() -> str:
    page = (ROOT / "README.md").read_text()
    found = re.search(r"<!-- example: .*?-->\n```bash\n(.*?)```", page, re.S)
    assert found
    return found[1]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a shell beside a running `live serve` that was given nothing else."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PORT": str(_free_port()),
        "VAR_DIR": str(tmp_path / "var"),
    }
    command = [sys.executable, "-m", "interfaces.cli", "serve"]
    with (tmp_path / "serve.log").open("w") as log:
        server = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=log, stderr=log)
    try:
        _wait_until_ready(f"http://127.0.0.1:{environ['PORT']}/health/ready")
        yield environ
    finally:
        server.terminate()
        assert server.wait(timeout=30) == 0


def test_readmes_example_works_as_it_stands(serving: dict[str, str]) -> None:
    shell = subprocess.run(
        ["bash", "-c", example()],
        env=serving,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_EXAMPLE_SECONDS,
        check=False,
    )

    statuses = re.findall(r"^status: (\w+)$", shell.stdout, re.M)
    assert statuses == ["ready", "live", "interrupted", "live", "archived"], shell.stderr
    assert "'status': 'ready'" in shell.stdout
    assert "LiveStreamArchived" in shell.stdout
    watched = re.search(r"^watch: (\S+)$", shell.stdout, re.M)
    assert watched


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not become ready")
