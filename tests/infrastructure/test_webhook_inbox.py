"""The webhook inbox on real databases."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from infrastructure.webhook_inbox import WebhookInbox
from tests.support.jobs import created

pytestmark = pytest.mark.services

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


async def test_repeated_delivery_gets_the_first_ones_id(database_url: str) -> None:
    async with created(database_url) as engine:
        inbox = WebhookInbox(engine)
        first, is_new = await inbox.store("cloudflare.live", "k1", b'{"a": 1}', NOON)
        assert is_new
        assert await inbox.store("cloudflare.live", "k1", b"other", NOON) == (first, False)
        other, is_new = await inbox.store("cloudflare.video", "k1", b"{}", NOON)
        assert (is_new, other != first) == (True, True)
        stored = await inbox.get(first)
        assert stored is not None
        assert (stored.body, stored.status, stored.received_us) == (
            b'{"a": 1}',
            "waiting",
            int(NOON.timestamp()) * 1_000_000,
        )


async def test_simultaneous_deliveries_are_stored_once(database_url: str) -> None:
    async with created(database_url) as engine:
        inbox = WebhookInbox(engine)
        stored = await asyncio.gather(
            *(inbox.store("cloudflare.live", "k1", b"{}", NOON) for _ in range(8))
        )
    assert len({webhook_id for webhook_id, _ in stored}) == 1
    assert sum(is_new for _, is_new in stored) == 1


async def test_what_is_not_done_is_unfinished_oldest_first(sqlite_url: str) -> None:
    async with created(sqlite_url) as engine:
        inbox = WebhookInbox(engine)
        ids = [
            (await inbox.store("s", str(n), b"{}", NOON + timedelta(seconds=n)))[0]
            for n in range(4)
        ]
        await inbox.mark_done(ids[0])
        await inbox.mark_failed(ids[1], "no show has this live input")
        assert await inbox.unfinished(NOON + timedelta(seconds=3)) == [ids[1], ids[2]]
        failed = await inbox.get(ids[1])
        assert failed is not None
        assert (failed.status, failed.attempts) == ("failed", 1)


async def test_webhook_that_keeps_failing_is_given_up(sqlite_url: str) -> None:
    async with created(sqlite_url) as engine:
        inbox = WebhookInbox(engine)
        webhook_id, _ = await inbox.store("s", "k", b"{}", NOON)
        for _ in range(20):
            await inbox.mark_failed(webhook_id, "no")
        assert await inbox.unfinished(NOON + timedelta(days=1)) == []
        given_up = await inbox.get(webhook_id)
        assert given_up is not None
        assert given_up.status == "given_up"


async def test_failure_after_success_changes_nothing(sqlite_url: str) -> None:
    async with created(sqlite_url) as engine:
        inbox = WebhookInbox(engine)
        webhook_id, _ = await inbox.store("s", "k", b"{}", NOON)
        await inbox.mark_done(webhook_id)
        await inbox.mark_failed(webhook_id, "late")
        done = await inbox.get(webhook_id)
        assert done is not None
        assert done.status == "done"


async def test_prune_drops_finished_ones_alone(sqlite_url: str) -> None:
    async with created(sqlite_url) as engine:
        inbox = WebhookInbox(engine)
        done, _ = await inbox.store("s", "1", b"{}", NOON)
        waiting, _ = await inbox.store("s", "2", b"{}", NOON)
        given_up, _ = await inbox.store("s", "3", b"{}", NOON)
        await inbox.mark_done(done)
        for _ in range(20):
            await inbox.mark_failed(given_up, "no show has this live input")
        assert await inbox.prune(older_than_seconds=0) == 2
        assert await inbox.get(waiting) is not None


async def test_unfinished_are_those_of_its_own_sources(sqlite_url: str) -> None:
    async with created(sqlite_url) as engine:
        both = WebhookInbox(engine)
        ours, _ = await both.store("ours", "k1", b"{}", NOON)
        await both.store("theirs", "k1", b"{}", NOON)
        later = NOON + timedelta(seconds=1)
        assert await WebhookInbox(engine, sources=["ours"]).unfinished(later) == [ours]
        assert len(await both.unfinished(later)) == 2


async def test_concluded_webhook_is_still_told_from_a_new_one(sqlite_url: str) -> None:
    async with created(sqlite_url) as engine:
        inbox = WebhookInbox(engine)
        webhook_id, _ = await inbox.store("s", "k1", b"planted", NOON)
        await inbox.conclude(webhook_id, "login_forgotten")
        stored = await inbox.get(webhook_id)
        assert stored is not None
        assert (stored.status, stored.body) == ("done", b"login_forgotten")
        assert await inbox.store("s", "k1", b"planted", NOON) == (webhook_id, False)
