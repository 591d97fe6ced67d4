"""Private servers come back with their data, and nothing of a run outlives it."""

import os
import subprocess
import sys
from pathlib import Path

import pymysql
import pytest
import redis

from tests.support.eventually import eventually
from tests.support.reaper import serves
from tests.support.servers import PrivateMariaDB, PrivateMySQL, PrivateRedis
from tests.support.services import RUN_VARIABLE


@pytest.mark.parametrize("kind", [PrivateMySQL, PrivateMariaDB])
def test_private_database_keeps_port_and_data_when_killed(kind: type[PrivateMariaDB]) -> None:
    with kind() as server:
        url = server.url
        _query(server.port, "CREATE DATABASE kept")
        server.kill()
        assert not server.answers()
        server.start()
        assert server.url == url
        assert ("kept",) in _query(server.port, "SHOW DATABASES")


def test_private_redis_loses_memory_when_killed() -> None:
    with PrivateRedis() as server, redis.Redis.from_url(server.url) as client:
        client.set("key", "1")
        server.kill()
        server.start()
        assert client.get("key") is None


def test_private_redis_keeps_what_it_was_told_to() -> None:
    always = ("--appendonly", "yes", "--appendfsync", "always")
    with PrivateRedis(arguments=always) as server, redis.Redis.from_url(server.url) as client:
        client.set("key", "1")
        server.kill()
        server.start()
        assert client.get("key") == b"1"


async def test_servers_of_a_killed_run_are_stopped() -> None:
    folder, pid = _start_a_run_and_kill_it()
    await eventually(lambda: not folder.exists())
    assert not serves(pid, folder)


_RUN = """
import os, signal
from tests.support.services import server_run, service_url
with server_run() as folder:
    service_url("redis")
    print(folder, flush=True)
    signal.pause()
"""


def _start_a_run_and_kill_it() -> tuple[Path, int]:
    """Its folder, and the process id of the Redis it had started."""
    inherited = {RUN_VARIABLE, "TEST_REDIS_URL"}
    environ = {name: value for name, value in os.environ.items() if name not in inherited}
    with subprocess.Popen(
        [sys.executable, "-c", _RUN],
        env=environ,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        folder = Path(run.stdout.readline().strip() if run.stdout else "")
        pid = int((folder / "redis" / "pid").read_text())
        assert serves(pid, folder)
        run.kill()
    return folder, pid


def _query(port: int, statement: str) -> tuple[tuple[object, ...], ...]:
    connection = pymysql.connect(host="127.0.0.1", port=port, user="root")
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return tuple(cursor.fetchall())
