"""Webhooks as they came in, raw and once each, until the job that takes one has finished."""

import time
from collections.abc import Collection
from datetime import datetime
from typing import Literal, cast

import msgspec
from sqlalchemy import (
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    case,
    delete,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.shared import EPOCH
from infrastructure.database import METADATA, Bytes, Position, ascii_text
from infrastructure.ids import new_id

WebhookStatus = Literal["waiting", "failed", "done", "given_up"]

_ATTEMPTS = 20
_ERROR_LENGTH = 2000
_AT_ONCE = 500

WEBHOOK_INBOX = Table(
    "webhook_inbox",
    METADATA,
    Column("id", ascii_text(36), primary_key=True),
    Column("source", ascii_text(64), nullable=False),
    Column("dedupe_key", ascii_text(200), nullable=False),
    Column("body", Bytes, nullable=False),
    Column("received_us", Position, nullable=False),
    Column("status", ascii_text(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=True),
    UniqueConstraint("source", "dedupe_key", name="webhook_inbox_once"),
    Index("webhook_inbox_unfinished", "status", "received_us"),
)


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A stored webhook. `body` is what the sender signed; `received_us` UTC microseconds."""

    id: str
    source: str
    dedupe_key: str
    body: bytes
    received_us: int
    status: WebhookStatus
    attempts: int
    error: str | None


class WebhookInbox:
    """`sources`: whose webhooks count as unfinished here; left empty, everybody's."""

    def __init__(self, engine: AsyncEngine, *, sources: Collection[str] = ()) -> None:
        self._engine = engine
        self._sources = tuple(sources)

    async def store(
        self, source: str, dedupe_key: str, body: bytes, received_at: datetime
    ) -> tuple[str, bool]:
        """The id, and whether it is new: a repeated delivery gets the first one's id.

        `dedupe_key` is ASCII of at most 200 characters. Durable once this returns.
        """
        webhook_id = new_id()
        row = WEBHOOK_INBOX.insert().values(
            id=webhook_id,
            source=source,
            dedupe_key=dedupe_key,
            body=body,
            received_us=_microseconds(received_at),
            status="waiting",
            attempts=0,
        )
        try:
            async with self._engine.begin() as connection:
                await connection.execute(row)
        except IntegrityError:
            return await self._known(source, dedupe_key), False
        return webhook_id, True

    async def get(self, webhook_id: str) -> Webhook | None:
        statement = select(WEBHOOK_INBOX).where(WEBHOOK_INBOX.c.id == webhook_id)
        async with self._engine.connect() as connection:
            row = (await connection.execute(statement)).mappings().one_or_none()
        return None if row is None else Webhook(**row)

    async def mark_done(self, webhook_id: str) -> None:
        statement = (
            update(WEBHOOK_INBOX)
            .where(WEBHOOK_INBOX.c.id == webhook_id)
            .values(status="done", error=None, attempts=WEBHOOK_INBOX.c.attempts + 1)
        )
        async with self._engine.begin() as connection:
            await connection.execute(statement)

    async def conclude(self, webhook_id: str, outcome: str) -> None:
        """It is done, and `outcome` takes the body's place. That it came stays known, so that a
        repeat is told from a new one."""
        statement = (
            update(WEBHOOK_INBOX)
            .where(WEBHOOK_INBOX.c.id == webhook_id)
            .values(
                status="done",
                error=None,
                attempts=WEBHOOK_INBOX.c.attempts + 1,
                body=outcome.encode(),
            )
        )
        async with self._engine.begin() as connection:
            await connection.execute(statement)

    async def mark_failed(self, webhook_id: str, error: str) -> None:
        """Counts a failed attempt. The last of 20 ends in `given_up`; a done one stays done."""
        attempts = WEBHOOK_INBOX.c.attempts + 1
        statement = (
            update(WEBHOOK_INBOX)
            .where(WEBHOOK_INBOX.c.id == webhook_id, WEBHOOK_INBOX.c.status != "done")
            .values(
                status=case((attempts >= _ATTEMPTS, "given_up"), else_="failed"),
                attempts=attempts,
                error=error[:_ERROR_LENGTH],
            )
        )
        async with self._engine.begin() as connection:
            await connection.execute(statement)

    async def unfinished(self, older_than: datetime) -> list[str]:
        """Ids of what was received before `older_than` and is not done, oldest first, 500 at
        most."""
        statement = (
            select(WEBHOOK_INBOX.c.id)
            .where(
                WEBHOOK_INBOX.c.status.in_(("waiting", "failed")),
                WEBHOOK_INBOX.c.received_us < _microseconds(older_than),
            )
            .order_by(WEBHOOK_INBOX.c.received_us)
            .limit(_AT_ONCE)
        )
        if self._sources:
            statement = statement.where(WEBHOOK_INBOX.c.source.in_(self._sources))
        async with self._engine.connect() as connection:
            return list((await connection.execute(statement)).scalars())

    async def prune(self, *, older_than_seconds: float) -> int:
        """Drops those nobody will take any more, done or given up; how many. Keep them longer
        than a sender repeats a delivery."""
        before = int((time.time() - older_than_seconds) * 1_000_000)
        statement = delete(WEBHOOK_INBOX).where(
            WEBHOOK_INBOX.c.status.in_(("done", "given_up")), WEBHOOK_INBOX.c.received_us < before
        )
        async with self._engine.begin() as connection:
            return (await connection.execute(statement)).rowcount

    async def _known(self, source: str, dedupe_key: str) -> str:
        statement = select(WEBHOOK_INBOX.c.id).where(
            WEBHOOK_INBOX.c.source == source, WEBHOOK_INBOX.c.dedupe_key == dedupe_key
        )
        async with self._engine.connect() as connection:
            return cast("str", (await connection.execute(statement)).scalar_one())


def _microseconds(moment: datetime) -> int:
    since = moment - EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
