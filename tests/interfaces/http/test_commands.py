"""Repeating a command: idempotency keys, across restarts too."""

import asyncio
import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import select

from domain.streaming.deciding import LIVE_STREAM
from infrastructure.event_store.schema import LOG
from infrastructure.settings import Settings
from tests.support.http import BASE, Api, problem, running_api

SHOW = {"title": "Test Stream", "description": "Testing"}


class TestOnARunningApi:
    pytestmark = pytest.mark.asyncio(loop_scope="module")

    async def test_repeated_command_gets_the_first_answer_again(self, api: Api) -> None:
        host = await api.headers("Mei", "host", **{"Idempotency-Key": "a key of mine"})
        first = await api.client.post(f"{BASE}/streams", json=SHOW, headers=host)
        again = await api.client.post(f"{BASE}/streams", json=SHOW, headers=host)
        assert first.status_code == again.status_code == 201
        assert first.content == again.content
        assert "idempotent-replayed" not in first.headers
        assert again.headers["idempotent-replayed"] == "true"
        assert again.headers["event-position"] == first.headers["event-position"]

    async def test_the_same_content_written_otherwise_is_the_same_command(self, api: Api) -> None:
        host = await api.headers("Mei", "host", **{"Idempotency-Key": "spaces"})
        host["Content-Type"] = "application/json"
        first = await api.client.post(f"{BASE}/streams", json=SHOW, headers=host)
        spaced = b'{ "description" : "Testing", "low_latency": false, "title": "Test Stream" }'
        again = await api.client.post(f"{BASE}/streams", content=spaced, headers=host)
        assert again.json() == first.json()

    async def test_key_reused_for_another_body_gets_422(self, api: Api) -> None:
        host = await api.headers("Mei", "host", **{"Idempotency-Key": "reused"})
        await api.client.post(f"{BASE}/streams", json=SHOW, headers=host)
        other = await api.client.post(
            f"{BASE}/streams", json={**SHOW, "title": "Other"}, headers=host
        )
        assert other.status_code == 422
        assert problem(other)["code"] == "idempotency_key_reused"

    async def test_key_reused_for_another_path_gets_422(self, api: Api) -> None:
        host = await api.headers("Mei", "host", **{"Idempotency-Key": "elsewhere"})
        stream_id, _ = await api.announced(host)
        other = await api.client.post(f"{BASE}/streams/{stream_id}/cancel", headers=host)
        assert problem(other)["code"] == "idempotency_key_reused"

    async def test_keys_of_two_callers_are_kept_apart(self, api: Api) -> None:
        key = {"Idempotency-Key": "shared"}
        mei = await api.announced(await api.headers("Mei", "host", **key))
        nok = await api.announced(await api.headers("Nok", "host", **key))
        assert mei[0] != nok[0]

    async def test_many_at_once_with_one_key_make_one_show(self, api: Api) -> None:
        host = await api.headers("Mei", "host", **{"Idempotency-Key": "at once"})
        answers = await asyncio.gather(
            *(api.client.post(f"{BASE}/streams", json=SHOW, headers=host) for _ in range(20))
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1

    async def test_without_a_key_nothing_is_kept_of_what_a_command_holds(self, api: Api) -> None:
        """A hash of the host's name would confirm a guess at it after an erasure."""
        stream_id, _ = await api.announced(await api.headers("Mei", "host"))
        wanted = (
            select(LOG.commands.c.command_id, LOG.commands.c.fingerprint)
            .join(LOG.events, LOG.events.c.command_id == LOG.commands.c.command_id)
            .where(LOG.events.c.stream == LIVE_STREAM.stream(stream_id))
        )
        async with api.platform.engine.connect() as connection:
            [(command_id, kept)] = await connection.execute(wanted)
        assert kept == hashlib.sha256(command_id.encode()).digest()

    async def test_refused_command_may_be_repeated_with_its_key_once_it_is_mended(
        self, api: Api
    ) -> None:
        host = await api.headers("Mei", "host", **{"Idempotency-Key": "mended"})
        refused = await api.client.post(
            f"{BASE}/streams", json={**SHOW, "title": " "}, headers=host
        )
        assert refused.status_code == 422
        assert (
            await api.client.post(f"{BASE}/streams", json=SHOW, headers=host)
        ).status_code == 201


async def test_repeated_command_gets_the_first_answer_after_a_restart(
    settings: Callable[..., Settings],
) -> None:
    kept = settings()
    async with running_api(kept, projecting=False) as api:
        host = await api.headers("Mei", "host", **{"Idempotency-Key": "restart"})
        first = await api.client.post(f"{BASE}/streams", json=SHOW, headers=host)
    async with running_api(kept, projecting=False) as api:
        again = await api.client.post(f"{BASE}/streams", json=SHOW, headers=host)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
