"""Login ids: which random id stands for which person at a provider.

The person is kept as a keyed hash, so that neither the table nor a guess at ids leads back to
them. The key stands in the vault, so it outlives a change of the master key.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.identity.values import Provider
from infrastructure.identity.schema import LOGIN_PSEUDONYMS
from infrastructure.ids import new_id
from infrastructure.vault import SqlVault

KEY_NAME = "identity-pseudonym-key"
_KEY_BYTES = 32
_TRIES = 5
_PSEUDONYMS = LOGIN_PSEUDONYMS.c


class PseudonymKeyLost(Exception):
    """The vault lacks the key that the stored pseudonyms were made with.

    With a new one nobody would get into their account again.
    """


class SqlPseudonyms:
    """Implements `Pseudonyms`. Makes the key with the first login."""

    def __init__(self, engine: AsyncEngine, vault: SqlVault) -> None:
        self._engine = engine
        self._vault = vault
        self._key: bytes | None = None

    async def login_id(self, provider: Provider, subject: str) -> str:
        """Raises `PseudonymKeyLost`."""
        pseudonym = await self.pseudonym(provider, subject)
        for _ in range(_TRIES):
            known = await self.find_by(pseudonym)
            made = known or await self._inserted(pseudonym)
            if made is not None:
                return made
        raise LookupError("a login keeps coming and going")

    async def find(self, provider: Provider, subject: str) -> str | None:
        """Raises `PseudonymKeyLost`."""
        return await self.find_by(await self.pseudonym(provider, subject))

    async def pseudonym(self, provider: Provider, subject: str) -> bytes:
        """Raises `PseudonymKeyLost`."""
        if self._key is None:
            self._key = await self._vault.get(KEY_NAME) or await self._made_key()
        return hmac.digest(self._key, f"{provider}|{subject}".encode(), hashlib.sha256)

    async def find_by(self, pseudonym: bytes) -> str | None:
        query = select(_PSEUDONYMS.login_id).where(_PSEUDONYMS.pseudonym == pseudonym)
        async with self._engine.connect() as connection:
            found: str | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def forget(self, login_ids: Collection[str]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(LOGIN_PSEUDONYMS).where(_PSEUDONYMS.login_id.in_(login_ids))
            )

    async def _made_key(self) -> bytes:
        """Ours, or that of another process which was first."""
        if await self._any_stored():
            # A key is there before anything is made with it: look once more, then it is lost.
            key = await self._vault.get(KEY_NAME)
        else:
            await self._vault.put_first(KEY_NAME, secrets.token_bytes(_KEY_BYTES))
            key = await self._vault.get(KEY_NAME)
        if key is None:
            raise PseudonymKeyLost(f"the vault lacks {KEY_NAME}: restore it from a backup")
        return key

    async def _any_stored(self) -> bool:
        async with self._engine.connect() as connection:
            found = await connection.execute(select(_PSEUDONYMS.pseudonym).limit(1))
            return found.first() is not None

    async def _inserted(self, pseudonym: bytes) -> str | None:
        """None: somebody else's came first."""
        login_id = new_id()
        row = insert(LOGIN_PSEUDONYMS).values(pseudonym=pseudonym, login_id=login_id)
        try:
            async with self._engine.begin() as connection:
                await connection.execute(row)
        except IntegrityError:
            return None
        return login_id
