"""Provides MySQL, MariaDB and Redis to a test run: given, by Docker, or started privately.

A service is started when the first test asks for it and is shared by all workers. Also a command:
`python -m tests.support.services -- COMMAND` runs COMMAND on them.
"""

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import reaper
from tests.support.containers import container_server, docker_answers
from tests.support.databases import claimed_redis_database, sql_database
from tests.support.servers import PrivateMariaDB, PrivateMySQL, PrivateRedis, Server

RUN_VARIABLE = "LIVE_TEST_RUN"
_PRIVATE: dict[str, Callable[[Path], Server]] = {
    "mysql": PrivateMySQL,
    "mariadb": PrivateMariaDB,
    "redis": PrivateRedis,
}


def service_url(service: str) -> str:
    """Address of the shared `mysql`, `mariadb` or `redis`; raises `Unavailable`."""
    given = os.environ.get(f"TEST_{service.upper()}_URL")
    if given:
        return given.rstrip("/")
    folder = Path(os.environ[RUN_VARIABLE]) / service
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        noted = folder / "url"
        if not noted.exists():
            noted.write_text(_start(service, folder))
        return noted.read_text()


def _start(service: str, folder: Path) -> str:
    make = container_server(service) if docker_answers() else _PRIVATE[service]
    server = make(folder)
    server.prepare()
    server.start()
    return server.url


@contextmanager
def server_run() -> Iterator[Path]:
    """The folder of a run's servers; whatever becomes of this process, they are stopped."""
    if RUN_VARIABLE in os.environ:
        yield Path(os.environ[RUN_VARIABLE])
        return
    folder = Path(tempfile.mkdtemp(prefix="live-test-"))
    command = [sys.executable, str(Path(reaper.__file__)), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):
        os.environ[RUN_VARIABLE] = str(folder)
        try:
            yield folder
        finally:
            del os.environ[RUN_VARIABLE]


def main(command: list[str]) -> int:
    """Runs `command` on the services: TEST_…_URL names the servers, LIVE_…_URL fresh databases."""
    with (
        server_run(),
        sql_database(service_url("mysql")) as database,
        claimed_redis_database(service_url("redis")) as redis,
        claimed_redis_database(service_url("redis")) as jobs,
    ):
        environ = {
            "LIVE_DATABASE_URL": database,
            "LIVE_REDIS_URL": redis,
            "LIVE_JOBS_REDIS_URL": jobs,
            **{f"TEST_{name.upper()}_URL": service_url(name) for name in _PRIVATE},
        }
        return subprocess.run(command, env={**os.environ, **environ}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main([word for word in sys.argv[1:] if word != "--"]))
