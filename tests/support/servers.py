"""Real servers that tests start, stop, kill and restart. Each keeps its port and its data.

Owns command lines and readiness. `PrivateMySQL`, `PrivateMariaDB` and `PrivateRedis` are context
managers; while inside, `url` answers unless the server was stopped or killed.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pymysql
import redis

from tests.support import programs

_READY_SECONDS = 90.0
# Losing one of these would raise a ResourceWarning: a server outlives the test that asked for it.
_STARTED: list[subprocess.Popen[bytes]] = []


class Server:
    """One server on a loopback port, with its data below `folder` (by default a fresh one)."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _fresh_folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        raise NotImplementedError

    def prepare(self) -> None:
        """Lays out the data folder, once."""

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Returns once the server answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        _STARTED.append(self._process)
        (self.folder / "pid").write_text(str(self._process.pid))
        self._await_ready()

    def stop(self) -> None:
        """Asks it to shut down and waits until it has."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """As `kill -9`."""
        self._end(subprocess.Popen.kill)

    def restart(self) -> None:
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.prepare()
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        how(process)
        process.wait(timeout=60)
        _STARTED.remove(process)
        (self.folder / "pid").unlink(missing_ok=True)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not self.answers():
            if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                tail = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{type(self).__name__} did not start:\n{tail}")
            time.sleep(0.05)


class PrivateMariaDB(Server):
    scheme = "mariadb"

    @property
    def url(self) -> str:
        """Of the server, without a database; root needs no password."""
        return f"{self.scheme}+asyncmy://root@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        _lay_out(
            programs.mariadb_install_db(), "--no-defaults", "--skip-test-db",
            "--auth-root-authentication-method=normal", f"--datadir={self.folder}/data",
        )  # fmt: skip

    def command(self) -> list[str]:
        return [*programs.mariadbd(), "--no-defaults", *self._options()]

    def answers(self) -> bool:
        return mysql_answers(self.port)

    def _options(self) -> list[str]:
        """Every commit reaches the disk, as in production."""
        return [
            f"--datadir={self.folder}/data", f"--socket={self.folder}/s", f"--port={self.port}",
            "--bind-address=127.0.0.1", f"--pid-file={self.folder}/server.pid",
            "--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1", "--max-connections=800",
            "--binlog-cache-size=1M",
            "--innodb-buffer-pool-size=512M", *_as_user(),
        ]  # fmt: skip


class PrivateMySQL(PrivateMariaDB):
    scheme = "mysql"

    def prepare(self) -> None:
        data = f"--datadir={self.folder}/data"
        _lay_out(*programs.mysqld(), "--initialize-insecure", data)

    def command(self) -> list[str]:
        apart = ["--mysqlx=OFF", "--secure-file-priv=NULL"]
        return [*programs.mysqld(), *apart, *self._options()]


class PrivateRedis(Server):
    """`arguments` are more options of redis-server, such as `--appendonly`, `yes`."""

    def __init__(self, folder: Path | None = None, arguments: tuple[str, ...] = ()) -> None:
        super().__init__(folder)
        self.arguments = arguments

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [
            *programs.redis_server(), "--port", str(self.port), "--bind", "127.0.0.1",
            "--dir", str(self.folder), "--databases", "64", "--save", "", "--appendonly", "no",
            "--set-proc-title", "no", *self.arguments,
        ]  # fmt: skip

    def answers(self) -> bool:
        return redis_answers(self.port)


def mysql_answers(port: int) -> bool:
    try:
        pymysql.connect(host="127.0.0.1", port=port, user="root", connect_timeout=2).close()
    except pymysql.MySQLError:
        return False
    return True


def redis_answers(port: int) -> bool:
    with redis.Redis(port=port) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _fresh_folder() -> Path:
    """Below the run's folder, where the reaper finds what a killed test left behind."""
    return Path(tempfile.mkdtemp(prefix="own-", dir=os.environ.get("LIVE_TEST_RUN")))


def _as_user() -> list[str]:
    """These servers refuse to run as root unless told to."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _lay_out(*command: str) -> None:
    done = subprocess.run(
        [*command, *_as_user()], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-1000:]}\n{done.stderr[-1000:]}")
