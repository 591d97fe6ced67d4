"""A whole `live serve` as a process of its own: started, asked, killed, started again."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.support.servers import free_port

ROOT = Path(__file__).parents[2]
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


class LiveServer:
    """`live serve`, or another role, with its state in `folder` and nothing else set but
    `settings`.

    A context manager; leaving it ends the server with SIGTERM, which must succeed.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, str] = {}, *, role: str = "serve"
    ) -> None:
        self._folder = folder
        self._role = role
        self.port = free_port()
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PORT": str(self.port),
            "VAR_DIR": str(folder / "var"),
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """All that the server printed and logged."""
        return (self._folder / "serve.log").read_text()

    def start(self) -> None:
        """Returns once it is ready."""
        with (self._folder / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "interfaces.cli", self._role],
                env=self.environ, cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_ready():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError(f"live {self._role} did not start:\n{self.output[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """As `kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=_STOP_SECONDS)
            self._process = None

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=5).is_success
        except httpx.TransportError:
            return False

    def live(self, *arguments: str) -> str:
        """What `live <arguments>` prints beside this server."""
        done = subprocess.run(
            [sys.executable, "-m", "interfaces.cli", *arguments],
            env=self.environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return done.stdout

    def __enter__(self) -> "LiveServer":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """As an operator would; it must end well."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            assert process.wait(timeout=_STOP_SECONDS) == 0, self.output[-2000:]
