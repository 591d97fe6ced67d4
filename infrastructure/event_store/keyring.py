"""One key per person, kept outside the log and wrapped by the master key.

Personal data in events is sealed with its person's key. Erasing the person destroys the key, and
with it the data in every copy of the log. Owns the keys, not which fields are personal.
"""

import base64
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

from cryptography.exceptions import InvalidTag
from cryptography.fernet import InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ports import LogUnavailable
from domain.shared import ERASED_TEXT
from infrastructure.event_store.schema import PERSON_KEYS

_SEALED = "sealed:1:"
_NONCE_BYTES = 12
_CACHED_KEYS = 50_000  # and as many older ones

_Cached = tuple[AESGCM | None, float]  # None: erased; and until when it may be used


class KeysMissing(Exception):
    """Keys must be fetched (`Keyring.fetch`) before this can be sealed or opened."""

    def __init__(self, persons: Collection[str]) -> None:
        super().__init__(f"keys of {len(persons)} persons are not at hand")
        self.persons = frozenset(persons)


class KeysUnreadable(Exception):
    """The master key does not open the stored keys."""


class Keyring:
    """Keys by person, cached for `ttl` seconds: an erasure elsewhere shows here that late, unless
    `drop` is told of it. An erased person never gets a key again.

    `tell` hears of erasures made here.
    """

    def __init__(self, engine: AsyncEngine, master: MultiFernet, *, ttl: float = 30.0) -> None:
        self._engine = engine
        self._master = master
        self._ttl = ttl
        self._keys: dict[str, _Cached] = {}
        self._older: dict[str, _Cached] = {}
        self._drops = 0
        self.tell: Callable[[str], Awaitable[None]] = _nobody

    def seal(self, person: str, text: str, context: str) -> str:
        """AES-256-GCM under the person's key, bound to `context`.

        Raises `KeysMissing`. The text of an erased person is not kept at all.
        """
        cached = self._cached(person)
        if cached is None or not self.has(person):
            raise KeysMissing([person])
        key = cached[0]
        if key is None:
            return ERASED_TEXT
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + key.encrypt(nonce, text.encode(), f"{person}|{context}".encode())
        return _SEALED + base64.urlsafe_b64encode(sealed).decode()

    def open(self, person: str, sealed: str, context: str) -> str:
        """The sealed text, or `ERASED_TEXT` once the key is gone. Raises `KeysMissing`."""
        cached = self._cached(person)
        if cached is None:
            raise KeysMissing([person])
        key = cached[0]
        if key is None or not sealed.startswith(_SEALED):
            return ERASED_TEXT
        try:
            raw = base64.urlsafe_b64decode(sealed[len(_SEALED) :])
            nonce, encrypted = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
            return key.decrypt(nonce, encrypted, f"{person}|{context}".encode()).decode()
        except (InvalidTag, ValueError):
            return ERASED_TEXT  # another key sealed it, now lost, or it was damaged: gone for good

    def has(self, person: str) -> bool:
        cached = self._cached(person)
        return cached is not None and cached[1] > time.monotonic()

    async def fetch(self, persons: Collection[str], *, create: bool) -> None:
        """Brings keys to hand. `create` makes those that never existed; an erased one stays so.

        Raises `LogUnavailable`, `KeysUnreadable`.
        """
        if len(self._keys) > _CACHED_KEYS:  # what was just seen to be at hand must stay so
            self._keys, self._older = {}, self._keys
        stored, drops = dict[str, bytes | None](), -1
        async with _reachable():
            while drops != self._drops:  # what was read before a key was dropped may be older
                drops = self._drops
                stored = await self._stored(persons)
                unknown = sorted(set(persons) - stored.keys())
                if create and unknown:
                    await self._create(unknown)
                    stored |= await self._stored(unknown)
        until = time.monotonic() + self._ttl
        for person in persons:
            self._keys[person] = (self._unwrap(stored.get(person)), until)

    def drop(self, person: str) -> None:
        """Forgets a key at hand. What is stored by now decides what becomes of the person."""
        self._drops += 1
        self._keys.pop(person, None)
        self._older.pop(person, None)

    async def erase(self, person: str) -> None:
        """Destroys the key, or records that there shall be none. Cannot be undone; repeating
        changes nothing. Raises `LogUnavailable`."""
        none = {"wrapped_key": None, "erased_us": _now_us()}
        kept = (PERSON_KEYS.c.person == person) & PERSON_KEYS.c.wrapped_key.is_not(None)
        async with _reachable():
            try:
                async with self._engine.begin() as connection:
                    row = {"person": person, "created_us": _now_us(), **none}
                    await connection.execute(insert(PERSON_KEYS), row)
            except IntegrityError:  # rows never go, so what exists can be relied on
                async with self._engine.begin() as connection:
                    await connection.execute(update(PERSON_KEYS).where(kept).values(none))
        self.drop(person)
        await self.tell(person)

    def _cached(self, person: str) -> _Cached | None:
        return self._keys.get(person) or self._older.get(person)

    async def _stored(self, persons: Collection[str]) -> dict[str, bytes | None]:
        wanted = select(PERSON_KEYS.c.person, PERSON_KEYS.c.wrapped_key)
        async with self._engine.connect() as connection:
            rows = await connection.execute(wanted.where(PERSON_KEYS.c.person.in_(persons)))
            return {row.person: row.wrapped_key for row in rows}

    async def _create(self, persons: Collection[str]) -> None:
        rows = [
            {
                "person": person,
                "wrapped_key": self._master.encrypt(AESGCM.generate_key(256)),
                "created_us": _now_us(),
            }
            for person in persons
        ]
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(PERSON_KEYS), rows)
        except IntegrityError:
            if len(rows) > 1:  # another process was first with one of them
                for person in persons:
                    await self._create([person])

    def _unwrap(self, wrapped: bytes | None) -> AESGCM | None:
        if wrapped is None:
            return None
        try:
            return AESGCM(self._master.decrypt(wrapped))
        except InvalidToken:
            raise KeysUnreadable("LIVE_MASTER_KEY does not open the stored keys") from None


@asynccontextmanager
async def _reachable() -> AsyncIterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout, OSError) as error:
        raise LogUnavailable from error


async def _nobody(_person: str) -> None:
    return None


def _now_us() -> int:
    return time.time_ns() // 1000
