"""Sessions in SQL: which devices are signed in, and whose refresh token comes next.

A refresh token is `<session id>.<family>.<secret>`. The family is a secret that stays as long as
the session, so that a token of ours that was used before is told from an invented one; the secret
changes with every use. Both are kept as SHA-256 hashes only. A session that has ended is deleted.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from application.identity.ports import RefreshRefused, RefreshReplayed, Session
from domain.shared import EPOCH
from infrastructure.identity.schema import SESSIONS

_SESSIONS = SESSIONS.c
_LONGEST = 200
_SECRET_BYTES = 32
_ASKED_AT_ONCE = 500


class _Token(msgspec.Struct, frozen=True):
    session_id: str
    family: str
    secret: str

    def text(self) -> str:
        return f"{self.session_id}.{self.family}.{self.secret}"

    def __repr__(self) -> str:
        return "_Token(…)"


class SqlSessions:
    """Implements `Sessions`. A rotation moves the session's end: it counts from the last use.

    `tell_ended` hears of every session that is ended here, by its id.
    """

    def __init__(self, engine: AsyncEngine, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock
        self.tell_ended: Callable[[str], Awaitable[None]] = _nobody_asks

    async def start(self, session: Session) -> str:
        token = _Token(session.session_id, _new_secret(), _new_secret())
        row = insert(SESSIONS).values(
            session_id=session.session_id,
            user_id=session.user_id,
            provider=session.provider,
            platform=session.platform,
            family_hash=_hash(token.family),
            secret_hash=_hash(token.secret),
            started_us=_microseconds(session.started_at),
            used_us=_microseconds(session.used_at),
            expires_us=_microseconds(session.expires_at),
        )
        async with self._engine.begin() as connection:
            await connection.execute(row)
        return token.text()

    async def rotate(self, refresh_token: str) -> tuple[Session, str]:
        shown = _parsed(refresh_token)
        following = msgspec.structs.replace(shown, secret=_new_secret())
        async with self._engine.begin() as connection:
            rotated = await self._moved_on(connection, shown, following)
            session = await self._of_token(connection, shown)
            if session is None:
                raise RefreshRefused
            if rotated:
                return session, following.text()
        raise RefreshReplayed(session)

    async def living(self, session_ids: Collection[str]) -> frozenset[str]:
        """Those of them that there are, and that can still be used."""
        asked, living = sorted(session_ids), list[str]()
        async with self._engine.connect() as connection:
            for start in range(0, len(asked), _ASKED_AT_ONCE):
                some = _SESSIONS.session_id.in_(asked[start : start + _ASKED_AT_ONCE])
                wanted = select(_SESSIONS.session_id).where(some & self._alive())
                living += (await connection.execute(wanted)).scalars()
        return frozenset(living)

    async def find(self, refresh_token: str) -> Session | None:
        try:
            shown = _parsed(refresh_token)
        except RefreshRefused:
            return None
        async with self._engine.connect() as connection:
            return await self._of_token(connection, shown)

    async def of_user(self, user_id: str) -> Sequence[Session]:
        theirs = (_SESSIONS.user_id == user_id) & self._alive()
        latest_first = _SESSIONS.used_us.desc(), _SESSIONS.session_id.desc()
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(SESSIONS).where(theirs).order_by(*latest_first))
            return [_session(row) for row in rows]

    async def end(self, user_id: str, session_id: str) -> bool:
        theirs = _is(session_id) & (_SESSIONS.user_id == user_id)
        async with self._engine.begin() as connection:
            ended = bool((await connection.execute(delete(SESSIONS).where(theirs))).rowcount)
        await self.tell_ended(session_id)
        return ended

    async def forget(self, user_id: str) -> None:
        theirs = select(_SESSIONS.session_id).where(_SESSIONS.user_id == user_id)
        async with self._engine.connect() as connection:
            ids = (await connection.execute(theirs)).scalars().all()
        for session_id in ids:  # one by one and by key, as rotations take their locks
            await self.end(user_id, session_id)

    async def _moved_on(
        self, connection: AsyncConnection, shown: _Token, following: _Token
    ) -> bool:
        """Whether the token was the current one: the database lets one caller be first."""
        now_us = self._now_us()
        current = (
            _is(shown.session_id)
            & (_SESSIONS.family_hash == _hash(shown.family))
            & (_SESSIONS.secret_hash == _hash(shown.secret))
            & self._alive()
        )
        # MySQL assigns from left to right: the end is moved before `used_us` is.
        moved = (
            update(SESSIONS)
            .where(current)
            .ordered_values(
                (_SESSIONS.secret_hash, _hash(following.secret)),
                (_SESSIONS.expires_us, _SESSIONS.expires_us - _SESSIONS.used_us + now_us),
                (_SESSIONS.used_us, now_us),
            )
        )
        return bool((await connection.execute(moved)).rowcount)

    async def _of_token(self, connection: AsyncConnection, token: _Token) -> Session | None:
        """The living session the token is or was good for."""
        found = await connection.execute(
            select(SESSIONS).where(_is(token.session_id) & self._alive())
        )
        row = found.one_or_none()
        if row is None or not hmac.compare_digest(bytes(row.family_hash), _hash(token.family)):
            return None
        return _session(row)

    def _alive(self) -> ColumnElement[bool]:
        return _SESSIONS.expires_us > self._now_us()

    def _now_us(self) -> int:
        return int(self._clock() * 1_000_000)


async def _nobody_asks(_session_id: str) -> None:
    return None


def _is(session_id: str) -> ColumnElement[bool]:
    return _SESSIONS.session_id == session_id


def _parsed(text: str) -> _Token:
    parts = text.split(".", 3)
    if len(text) > _LONGEST or not text.isascii() or len(parts) != 3:  # noqa: PLR2004
        raise RefreshRefused
    return _Token(*parts)


def _new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _session(row: Row[Any]) -> Session:
    return Session(
        session_id=row.session_id,
        user_id=row.user_id,
        provider=row.provider,
        platform=row.platform,
        started_at=_moment(row.started_us),
        used_at=_moment(row.used_us),
        expires_at=_moment(row.expires_us),
    )


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
