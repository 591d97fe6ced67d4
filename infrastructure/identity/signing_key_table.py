"""Signing keys as rows, their private halves sealed with the master key."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Insert, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.identity.schema import SIGNING_KEYS
from infrastructure.sealing import Seal

_KEYS = SIGNING_KEYS.c


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """`kid` is the public half's JWK thumbprint; `sealed` the private half, as long as it signs.

    `signs_from` is seconds since 1970.
    """

    number: int
    kid: str
    public: Ed25519PublicKey
    sealed: bytes | None
    signs_from: float

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r}, …)"


class SigningKeyTable:
    """Times are seconds since 1970."""

    def __init__(self, engine: AsyncEngine, master_keys: Sequence[Fernet]) -> None:
        self._engine = engine
        self._seal = Seal(master_keys)

    async def all(self) -> list[SigningKey]:
        """In the order they were made."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(SIGNING_KEYS).order_by(_KEYS.number))
            return [_key(row) for row in rows]

    async def make(self, number: int, *, signs_from: float) -> bool:
        """Whether this call made the key of this number, and nobody else had."""
        try:
            async with self._engine.begin() as connection:
                await connection.execute(self._new(number, signs_from=signs_from))
        except IntegrityError:
            return False
        return True

    async def replace_all(self, *, now: float) -> int:
        """Makes a key that signs at once and drops every other; how many those were.

        Raises `IntegrityError` when another process makes a key at the same moment.
        """
        async with self._engine.begin() as connection:
            dropped = (await connection.execute(select(_KEYS.number))).scalars().all()
            await connection.execute(delete(SIGNING_KEYS).where(_KEYS.number.in_(dropped)))
            await connection.execute(self._new(max(dropped, default=0) + 1, signs_from=now))
        return len(dropped)

    def private(self, key: SigningKey) -> Ed25519PrivateKey:
        """Raises `SecretUnreadable`."""
        raw = self._seal.open(key.kid, key.sealed or b"")
        return Ed25519PrivateKey.from_private_bytes(raw)

    async def keep(self, kid: str, *, until: float) -> None:
        """The key signs a token that lives until then."""
        until_us = _microseconds(until)
        sooner = (_KEYS.kid == kid) & (_KEYS.needed_until_us < until_us)
        async with self._engine.begin() as connection:
            await connection.execute(
                update(SIGNING_KEYS).where(sooner).values(needed_until_us=until_us)
            )

    async def destroy_private(self, kid: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(SIGNING_KEYS).where(_KEYS.kid == kid).values(sealed_private_key=None)
            )

    async def drop(self, kid: str, *, now: float) -> bool:
        """Whether nothing it was kept for lives any more."""
        over = (_KEYS.kid == kid) & (_KEYS.needed_until_us <= _microseconds(now))
        async with self._engine.begin() as connection:
            return bool((await connection.execute(delete(SIGNING_KEYS).where(over))).rowcount)

    async def reseal(self) -> int:
        """Seals private halves with the present master key; how many there are.

        Raises `SecretUnreadable`.
        """
        sealed = {key.kid: key.sealed for key in await self.all() if key.sealed is not None}
        for kid, old in sealed.items():
            renewed = self._seal.close(kid, self._seal.open(kid, old))
            unchanged = (_KEYS.kid == kid) & (_KEYS.sealed_private_key == old)
            async with self._engine.begin() as connection:
                await connection.execute(
                    update(SIGNING_KEYS).where(unchanged).values(sealed_private_key=renewed)
                )
        return len(sealed)

    def _new(self, number: int, *, signs_from: float) -> Insert:
        private = Ed25519PrivateKey.generate()
        kid = thumbprint(private.public_key())
        return insert(SIGNING_KEYS).values(
            number=number,
            kid=kid,
            public_key=private.public_key().public_bytes_raw(),
            sealed_private_key=self._seal.close(kid, private.private_bytes_raw()),
            signs_from_us=_microseconds(signs_from),
            needed_until_us=0,
        )


def thumbprint(key: Ed25519PublicKey) -> str:
    """The JWK thumbprint (RFC 7638 §3, RFC 8037 §2)."""
    member = f'{{"crv":"Ed25519","kty":"OKP","x":"{coordinate(key)}"}}'
    return _base64url(hashlib.sha256(member.encode()).digest())


def coordinate(key: Ed25519PublicKey) -> str:
    """`x` of its JWK."""
    return _base64url(key.public_bytes_raw())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _key(row: Row[Any]) -> SigningKey:
    return SigningKey(
        number=row.number,
        kid=row.kid,
        public=Ed25519PublicKey.from_public_bytes(bytes(row.public_key)),
        sealed=None if row.sealed_private_key is None else bytes(row.sealed_private_key),
        signs_from=row.signs_from_us / 1_000_000,
    )


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
