"""The simulators as a process: killed, asked to leave, orphaned, started again."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from infrastructure.simulators.cloudflare.courier import tls
from infrastructure.simulators.cloudflare.gate import Budget
from infrastructure.simulators.config import SimulatorConfig
from infrastructure.simulators.serving import running
from tests.support.eventually import eventually
from tests.support.simulators import API_TOKEN

STANDALONE = ("-m", "tests.infrastructure.simulators.standalone")
ACCOUNT = SimulatorConfig(var_dir=Path()).account_id


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
async def api(ports: tuple[int, int]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{ports[0]}/client/v4/accounts/{ACCOUNT}/stream",
        headers={"authorization": f"Bearer {API_TOKEN}"},
        trust_env=False,
        verify=tls(),
    ) as client:
        yield client


@contextlib.asynccontextmanager
async def process(var_dir: Path, ports: tuple[int, int]) -> AsyncIterator[Process]:
    arguments = (*STANDALONE, str(var_dir), *map(str, ports))
    started = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=DEVNULL, stdout=DEVNULL
    )
    try:
        await eventually(lambda: _answers(ports[0]), timeout=20)
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def children(pid: int) -> list[int]:
    """Of any depth; needs Linux's /proc."""
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(child) for child in listing.read_text().split()]
    return found + [below for child in found for below in children(child)]


def two_children(pid: int) -> list[int]:
    found = children(pid)
    return found if len(found) > 1 else []


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "Z"


@pytest.mark.system
@pytest.mark.skipif(sys.platform != "linux", reason="looks at children through /proc")
async def test_killed_process_leaves_no_child_and_closes_broadcasts_when_it_is_back(
    tmp_path: Path, ports: tuple[int, int], api: httpx.AsyncClient
) -> None:
    body = {"recording": {"mode": "automatic", "timeoutSeconds": 1}}
    async with process(tmp_path, ports) as first:
        made = (await api.post("/live_inputs", json=body)).json()["result"]
        await api.post(api.base_url.copy_with(path=f"/_simulator/inputs/{made['uid']}/encoder"))
        encoder_and_segmenter: list[int] = await eventually(lambda: two_children(first.pid))
        first.kill()
        await first.wait()
        await eventually(lambda: all(gone(pid) for pid in encoder_and_segmenter))

    async with process(tmp_path, ports):
        current = (await api.get(f"/live_inputs/{made['uid']}")).json()["result"]["status"][
            "current"
        ]
        assert (current["state"], current["reason"]) == ("disconnected", "clientDisconnect")

        async def ready() -> bool:
            videos = (await api.get(f"/live_inputs/{made['uid']}/videos")).json()["result"]
            return bool(videos[0]["status"]["state"] == "ready")

        _: bool = await eventually(ready)


@pytest.mark.system
async def test_process_leaves_cleanly_when_asked(tmp_path: Path, ports: tuple[int, int]) -> None:
    async with process(tmp_path, ports) as started:
        started.send_signal(signal.SIGTERM)

        assert await asyncio.wait_for(started.wait(), 10) == 0


@pytest.mark.system
async def test_process_leaves_when_its_parent_is_gone(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    arguments = [sys.executable, *STANDALONE, str(tmp_path), *map(str, ports)]
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"import subprocess; subprocess.Popen({arguments!r}).wait()",
        stdin=DEVNULL,
        stdout=DEVNULL,
    )
    await eventually(lambda: _answers(ports[0]), timeout=20)

    parent.kill()
    await parent.wait()

    await eventually(lambda: not _answers(ports[0]))


async def test_taken_port_is_an_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = SimulatorConfig(var_dir=tmp_path, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            async with running(config):
                pass


def test_budget_blocks_for_a_whole_window_once_it_is_spent() -> None:
    budget = Budget(limit=2, window=300, started=0)

    spent = [budget.spend(now) for now in (1.0, 2.0, 299.0, 301.0, 598.0, 599.5)]

    assert spent == [True, True, False, False, False, True]


def test_budget_is_fresh_with_every_window() -> None:
    budget = Budget(limit=1, window=300, started=0)

    assert [budget.spend(now) for now in (1.0, 300.0, 600.0)] == [True, True, True]
