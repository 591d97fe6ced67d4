"""What a state folder makes for itself, keys, a lock, a private Redis, and what it leaves."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import msgspec
import pytest
from redis import Redis

from infrastructure.embedded.ownership import InUse, owning
from infrastructure.embedded.private_redis import NoRedis, PrivateRedis, find_redis_server
from infrastructure.embedded.private_simulators import PrivateSimulators, WebhookSecrets
from infrastructure.embedded.secrets import kept_secret
from infrastructure.embedded.surroundings import Needs, completed, surrounded
from infrastructure.settings import load_settings
from infrastructure.simulators.config import IdentityConfig

pytestmark = pytest.mark.services

# Starts a Redis in the folder it is given and dies without stopping it.
_ABANDON = """
import os, pathlib, sys
from infrastructure.embedded.private_redis import PrivateRedis
PrivateRedis(pathlib.Path(sys.argv[1])).start()
os.kill(os.getpid(), 9)
"""


def client(redis: PrivateRedis) -> Redis:
    return Redis.from_url(redis.url(0), decode_responses=True)


def test_secret_is_made_once_and_readable_by_us_alone(tmp_path: Path) -> None:
    first = kept_secret(tmp_path, "master")
    assert kept_secret(tmp_path, "master") == first
    assert kept_secret(tmp_path, "other") != first
    assert (tmp_path / "keys" / "master").stat().st_mode & 0o777 == 0o600


def test_state_folder_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    with (
        owning(tmp_path, patience=0),
        pytest.raises(InUse, match="is in use by process"),
        owning(tmp_path, patience=0.2),
    ):
        pass
    with owning(tmp_path, patience=0):
        pass


def test_private_redis_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    redis = PrivateRedis(tmp_path / "redis")
    redis.start()
    with client(redis) as connected:
        connected.set("a", "1")
    redis.stop()
    assert not redis.answers()
    again = PrivateRedis(tmp_path / "redis")
    again.start()
    with client(again) as connected:
        assert connected.get("a") == "1"
    again.stop()


def test_redis_of_a_killed_process_is_adopted_and_then_ended(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    killed = subprocess.run([sys.executable, "-c", _ABANDON, str(folder)], check=False)
    assert killed.returncode == -9
    redis = PrivateRedis(folder)
    assert redis.answers()
    redis.start()
    redis.stop()
    assert not redis.answers()


def test_private_redis_that_is_killed_comes_back_where_it_was(tmp_path: Path) -> None:
    redis = PrivateRedis(tmp_path / "redis")
    redis.start()
    with client(redis) as connected:
        os.kill(connected.info("server")["process_id"], signal.SIGKILL)
    deadline = time.monotonic() + 20
    while not redis.answers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert redis.answers()
    redis.stop()
    assert not redis.answers()


def test_private_redis_takes_a_port_where_a_socket_path_would_be_too_long(tmp_path: Path) -> None:
    redis = PrivateRedis(tmp_path / ("x" * 120))
    redis.start()
    assert redis.url(1).startswith("redis://127.0.0.1:")
    redis.stop()


def test_missing_redis_is_told_in_one_line_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(NoRedis, match=r"^no Redis found: install redis-server or valkey-server"):
        find_redis_server()


def test_simulators_keep_their_ports(tmp_path: Path) -> None:
    assert PrivateSimulators(tmp_path).ports() == PrivateSimulators(tmp_path).ports()


def test_simulators_start_beside_a_taken_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infrastructure.embedded.private_simulators._PREDECESSOR_SECONDS", 0.1)
    simulators = PrivateSimulators(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        kept = {"http": simulators.ports().http, "rtmp": taken.getsockname()[1]}
        (tmp_path / "ports.json").write_bytes(msgspec.json.encode(kept))

        ports = simulators.start(
            "t", "http://x", WebhookSecrets(live="", video=""), IdentityConfig()
        )

        answer = httpx.get(f"http://127.0.0.1:{ports.http}/_simulator/", trust_env=False)
        simulators.stop()
    assert answer.json()["result"]["rtmp"] == f"rtmp://127.0.0.1:{ports.rtmp}/live/"
    assert (ports.http, ports.rtmp) == (kept["http"], simulators.ports().rtmp)
    assert ports.rtmp != kept["rtmp"]


async def test_second_process_finds_the_first_ones_redis(tmp_path: Path) -> None:
    settings = load_settings({"VAR_DIR": str(tmp_path)})
    needs = Needs(simulators=False)
    async with surrounded(settings, needs) as first:
        async with surrounded(settings, needs) as second:
            assert second.redis_url == first.redis_url
        with Redis.from_url(first.jobs_redis_url) as connected:
            assert connected.ping()
    assert not PrivateRedis(tmp_path / "redis").answers()


async def test_configured_servers_are_left_alone(tmp_path: Path) -> None:
    environ = {
        "VAR_DIR": str(tmp_path),
        "LIVE_REDIS_URL": "redis://somewhere/0",
        "LIVE_JOBS_REDIS_URL": "redis://elsewhere/0",
        "LIVE_CLOUDFLARE_API_URL": "https://api.example/client/v4",
        "LIVE_R2_ENDPOINT_URL": "https://r2.example",
        "LIVE_LINE_CHANNEL_ID": "1234567890",
    }
    async with surrounded(load_settings(environ), Needs(exclusive=False)) as settings:
        assert settings.redis_url == "redis://somewhere/0"
        assert settings.playback_scheme == "https"
        assert (settings.identity_simulator_url, settings.google_client_ids) == ("", ())
    assert not (tmp_path / "redis").exists()
    assert not (tmp_path / "simulators").exists()


def test_production_makes_nothing_up() -> None:
    settings = load_settings({"LIVE_ENV": "production", **_everything_required()})
    assert completed(settings).master_key == settings.master_key
    assert completed(settings).var_dir == settings.var_dir


def _everything_required() -> dict[str, str]:
    return {
        "LIVE_DATABASE_URL": "mysql+asyncmy://root@db/live",
        "LIVE_REDIS_URL": "redis://redis/0",
        "LIVE_JOBS_REDIS_URL": "redis://jobs/0",
        "LIVE_MASTER_KEY": "A" * 43 + "=",
        "LIVE_CHECKPOINT_KEY": "pem",
        "LIVE_CLOUDFLARE_ACCOUNT_ID": "a",
        "LIVE_CLOUDFLARE_API_TOKEN": "t",
        "LIVE_CLOUDFLARE_LIVE_WEBHOOK_SECRET": "l",
        "LIVE_CLOUDFLARE_VIDEO_WEBHOOK_SECRET": "v",
        "LIVE_R2_ENDPOINT_URL": "https://r2.example",
        "LIVE_R2_ACCESS_KEY_ID": "k",
        "LIVE_R2_SECRET_ACCESS_KEY": "s",
        "LIVE_R2_PUBLIC_URL": "https://media.example",
    }
