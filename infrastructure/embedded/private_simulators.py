"""The simulators of outside systems as a child process, on ports that last.

Stream keys and playback addresses hold the ports, so they are chosen once and kept in the state
folder.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import structlog

from infrastructure.embedded.ports import free_port
from infrastructure.embedded.watching import Watch
from infrastructure.simulators.config import IdentityConfig, SimulatorConfig, WebhookTarget

_START_SECONDS = 20.0
_STOP_SECONDS = 3.0
_PREDECESSOR_SECONDS = 5.0
_ATTEMPTS = 3
_RTMP_PORT = 1935
CALLS_PER_5_MINUTES = 100_000
"""Of the private simulators: at Cloudflare's own budget whoever tries many shows would wait."""
_log = structlog.get_logger(__name__)


class SimulatorsFailed(Exception):
    """They did not start. The text is one line."""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    http: int
    rtmp: int


class WebhookSecrets(msgspec.Struct, frozen=True, kw_only=True):
    live: str
    video: str

    def __repr__(self) -> str:
        return "WebhookSecrets(…)"


class PrivateSimulators:
    """The simulators of a state folder. They end with the process that started them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._config = self._folder / "config.json"
        self._chosen = SimulatorConfig(var_dir=self._folder)
        self._child: subprocess.Popen[bytes] | None = None
        self._watch = Watch("simulators", self._is_up, self._relaunch)

    def ports(self) -> Ports:
        """Where the simulators are, or will be once they are started."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._kept_ports() or self._choose_ports()

    def start(
        self,
        api_token: str,
        webhooks_to: str,
        secrets: WebhookSecrets,
        identity: IdentityConfig,
    ) -> Ports:
        """Returns once they answer; from then on they are kept running.

        Cloudflare's webhooks go to the paths `live` and `video` below `webhooks_to`.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._chosen = SimulatorConfig(
            var_dir=self._folder,
            api_tokens=(api_token,),
            live_webhook=WebhookTarget(url=f"{webhooks_to}/live", secret=secrets.live),
            video_webhook=WebhookTarget(url=f"{webhooks_to}/video", secret=secrets.video),
            identity=identity,
            rate_limit=CALLS_PER_5_MINUTES,
            leave_with_parent=True,
        )
        self._launch_somewhere()
        self._watch.begin()
        return self.ports()

    def _launch_somewhere(self) -> None:
        """Between choosing a port and listening on it somebody else may take it."""
        for _ in range(_ATTEMPTS - 1):
            try:
                self._launch(self._choose_ports())
            except SimulatorsFailed as failure:
                _log.warning("the simulators are started once more", reason=str(failure))
            else:
                return
        self._launch(self._choose_ports())

    def _relaunch(self) -> None:
        """Our own settings hold the HTTP port by now; RTMP's the simulators tell themselves."""
        kept = self.ports()
        rtmp = _claim(kept.rtmp, _PREDECESSOR_SECONDS)
        self._launch(self._keep(Ports(http=kept.http, rtmp=rtmp)))

    def _launch(self, ports: Ports) -> None:
        config = msgspec.structs.replace(self._chosen, port=ports.http, rtmp_port=ports.rtmp)
        self._config.touch(mode=0o600)
        self._config.write_bytes(msgspec.json.encode(config, enc_hook=str))
        with (self._folder / "simulators.log").open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603  # ourselves, no shell
                [
                    sys.executable,
                    "-m",
                    "interfaces.cli",
                    "simulate",
                    "serve",
                    "--config",
                    self._config,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we stop them after ourselves
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._await_answer(self._child, ports.http)

    def _is_up(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        self._watch.end()
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _choose_ports(self) -> Ports:
        kept = self._kept_ports()
        wanted = kept or Ports(http=0, rtmp=_RTMP_PORT)
        # Right after a `kill -9` the predecessor may still hold them for a moment.
        patience = _PREDECESSOR_SECONDS if kept else 0.0
        ports = Ports(http=_claim(wanted.http, patience), rtmp=_claim(wanted.rtmp, patience))
        if kept and ports != kept:
            _log.warning("the simulators' ports changed: older stream keys no longer work")
        return self._keep(ports)

    def _keep(self, ports: Ports) -> Ports:
        self._ports_file().write_bytes(msgspec.json.encode(ports))
        return ports

    def _kept_ports(self) -> Ports | None:
        try:
            return msgspec.json.decode(self._ports_file().read_bytes(), type=Ports)
        except (OSError, msgspec.DecodeError):
            return None

    def _ports_file(self) -> Path:
        return self._folder / "ports.json"

    def _await_answer(self, child: subprocess.Popen[bytes], port: int) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not _listens(port):
            if child.poll() is not None or time.monotonic() > deadline:
                child.kill()
                log = self._folder / "simulators.log"
                raise SimulatorsFailed(f"the simulators did not start: see {log}")
            time.sleep(0.05)


def _claim(wanted: int, patience: float) -> int:
    """`wanted` once it is free, or after `patience` seconds another one."""
    deadline = time.monotonic() + patience
    while wanted and not _is_free(wanted):
        if time.monotonic() >= deadline:
            return free_port("127.0.0.1")
        time.sleep(0.1)
    return wanted or free_port("127.0.0.1")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
