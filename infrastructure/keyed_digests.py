"""Digests that cannot be confirmed by guessing, however short what they are taken of."""

import asyncio
import hashlib
import hmac
import secrets

from infrastructure.vault import SqlVault

_KEY_BYTES = 32


class KeyedDigests:
    """Implements `KeyedDigest`: HMAC-SHA256 under the vault's key of this name, 32 bytes.

    The first to need the key makes it; all processes have the same. It outlives a change of the
    master key, and stands in the database under that alone.
    """

    def __init__(self, vault: SqlVault, key_name: str) -> None:
        self._vault = vault
        self._key_name = key_name
        self._key: bytes | None = None
        self._asking = asyncio.Lock()

    async def __call__(self, content: bytes) -> bytes:
        key = self._key or await self._found_key()
        return hmac.digest(key, content, hashlib.sha256)

    async def _found_key(self) -> bytes:
        async with self._asking:
            if self._key is None:
                self._key = await self._vault.get(self._key_name) or await self._made_key()
            return self._key

    async def _made_key(self) -> bytes:
        """Ours, or that of another process which was first."""
        await self._vault.put_first(self._key_name, secrets.token_bytes(_KEY_BYTES))
        key = await self._vault.get(self._key_name)
        if key is None:
            raise LookupError(f"{self._key_name} keeps coming and going in the vault")
        return key
