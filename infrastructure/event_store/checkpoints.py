"""Signed checkpoints: "at this position the log's hash was this", under an Ed25519 key.

The chain shows a changed record; a checkpoint kept elsewhere shows a log that was cut short or
rewritten from some record on. Needs nothing but the public key to be checked.
"""

import time
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from application.ports import ObjectStore
from domain.shared import EPOCH
from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.schema import CHECKPOINTS
from infrastructure.settings import Secret, SettingError

_CONTEXT = b"live-commerce log checkpoint v1\n"
_CAUGHT_UP_AT_ONCE = 200


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
        """Signs the head; None when it bears a checkpoint already or the log is empty.

        Either way the object store is given what it lacks. Raises `ProviderError` when it cannot
        be: the checkpoint stands in SQL by then, and the next call tries again.
        """
        signed = await self._sign_head()
        await self._store_elsewhere()
        return signed

    async def _sign_head(self) -> Checkpoint | None:
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
        return _checkpoint(position, digest, signed_us, key_id(self.public_key), signature)

    async def latest(self, upto: int | None = None) -> Checkpoint | None:
        """The last checkpoint, at `upto` or before it."""
        found = await self._newest_first(upto, 1)
        return found[0] if found else None

    async def _newest_first(self, upto: int | None, limit: int) -> list[Checkpoint]:
        columns = CHECKPOINTS.c
        wanted = select(
            columns.position, columns.hash, columns.signed_us, columns.key_id, columns.signature
        )
        if upto is not None:
            wanted = wanted.where(columns.position <= upto)
        async with self._engine.connect() as connection:
            rows = await connection.execute(wanted.order_by(columns.position.desc()).limit(limit))
            return [_checkpoint(*row) for row in rows]

    async def _store_elsewhere(self) -> None:
        """The oldest first, so that whatever is older than one that is there is there as well."""
        if self._objects is None:
            return
        missing: list[Checkpoint] = []
        for checkpoint in await self._newest_first(None, _CAUGHT_UP_AT_ONCE):
            if await self._objects.head(_object_key(checkpoint)) is not None:
                break
            missing.append(checkpoint)
        for checkpoint in reversed(missing):
            body = msgspec.json.encode(checkpoint)
            await self._objects.put(_object_key(checkpoint), body, content_type="application/json")


def load_checkpoint_key(pem: Secret) -> Ed25519PrivateKey:
    """Raises `SettingError`."""
    try:
        key = load_pem_private_key(pem.text.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingError("LIVE_CHECKPOINT_KEY", "must be an Ed25519 private key in PEM")
    return key


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


def _object_key(checkpoint: Checkpoint) -> str:
    return f"checkpoints/{checkpoint.position:020d}.json"


def _signed_content(position: int, digest: bytes, signed_us: int) -> bytes:
    return _CONTEXT + f"{position}\n{digest.hex()}\n{signed_us}\n".encode()


def _checkpoint(
    position: int, digest: bytes, signed_us: int, signing_key_id: str, signature: bytes
) -> Checkpoint:
    return Checkpoint(
        position=position,
        hash=digest.hex(),
        signed_at=EPOCH + timedelta(microseconds=signed_us),
        key_id=signing_key_id,
        signature=signature.hex(),
    )
