"""Signed checkpoints: "at this position the log's hash was this", under an Ed25519 key.

The chain shows a changed record; a checkpoint kept elsewhere shows a log that was cut short or
rewritten from some record on. Needs nothing but the public key to be checked.
"""

import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ports import ObjectStore
from domain.shared import EPOCH
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.schema import CHECKPOINTS

_CONTEXT = b"live-commerce log checkpoint v1\n"


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """`hash` and `signature` are hex; `key_id` is the start of the public key's SHA-256."""

    position: int
    hash: str
    signed_at: datetime
    key_id: str
    signature: str


class Checkpoints:
    """Signs the head now and then, keeps it in SQL and, where given, in the object store."""

    def __init__(
        self,
        engine: AsyncEngine,
        log: SqlEventLog,
        key: Ed25519PrivateKey,
        objects: ObjectStore | None = None,
    ) -> None:
        self._engine = engine
        self._log = log
        self._key = key
        self._objects = objects

    @property
    def public_key(self) -> Ed25519PublicKey:
        return self._key.public_key()

    async def sign(self) -> Checkpoint | None:
        """Signs the head; None when it bears a checkpoint already or the log is empty."""
        position, digest = await self._log.head_hash()
        latest = await self.latest()
        if position == 0 or (latest is not None and latest.position >= position):
            return None
        signed_us = time.time_ns() // 1000
        signature = self._key.sign(_signed_content(position, digest, signed_us))
        row = {
            "position": position,
            "hash": digest,
            "signed_us": signed_us,
            "key_id": key_id(self.public_key),
            "signature": signature,
        }
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(CHECKPOINTS).values(row))
        except IntegrityError:
            return None  # another scheduler was first
        checkpoint = _checkpoint(position, digest, signed_us, key_id(self.public_key), signature)
        await self._store_elsewhere(checkpoint)
        return checkpoint

    async def latest(self, upto: int | None = None) -> Checkpoint | None:
        """The last checkpoint, at `upto` or before it."""
        columns = CHECKPOINTS.c
        wanted = select(
            columns.position, columns.hash, columns.signed_us, columns.key_id, columns.signature
        )
        if upto is not None:
            wanted = wanted.where(columns.position <= upto)
        async with self._engine.connect() as connection:
            found = await connection.execute(wanted.order_by(columns.position.desc()).limit(1))
            row = found.first()
        return _checkpoint(*row) if row is not None else None

    async def _store_elsewhere(self, checkpoint: Checkpoint) -> None:
        if self._objects is not None:
            key = f"checkpoints/{checkpoint.position:020d}.json"
            body = msgspec.json.encode(checkpoint)
            await self._objects.put(key, body, content_type="application/json")


def is_genuine(checkpoint: Checkpoint, public_key: Ed25519PublicKey) -> bool:
    """Whether the holder of the private key signed exactly this."""
    signed_us = (checkpoint.signed_at - EPOCH) // timedelta(microseconds=1)
    try:
        content = _signed_content(checkpoint.position, bytes.fromhex(checkpoint.hash), signed_us)
        public_key.verify(bytes.fromhex(checkpoint.signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_id(public_key: Ed25519PublicKey) -> str:
    raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(raw).hexdigest()[:16]


def _signed_content(position: int, digest: bytes, signed_us: int) -> bytes:
    return _CONTEXT + f"{position}\n{digest.hex()}\n{signed_us}\n".encode()


def _checkpoint(
    position: int, digest: bytes, signed_us: int, signing_key_id: str, signature: bytes
) -> Checkpoint:
    return Checkpoint(
        position=position,
        hash=digest.hex(),
        signed_at=datetime.fromtimestamp(0, UTC) + timedelta(microseconds=signed_us),
        key_id=signing_key_id,
        signature=signature.hex(),
    )
