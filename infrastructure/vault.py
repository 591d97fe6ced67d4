"""Secrets of others that we must be able to use again (stream keys), encrypted in SQL.

They never enter the log. Owns their table and their encryption, not what they mean.
"""

import re
from collections.abc import Sequence

from cryptography.fernet import Fernet
from sqlalchemy import Column, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from infrastructure.database import METADATA, Bytes, ascii_text
from infrastructure.sealing import Seal
from infrastructure.settings import SettingError, Settings

_NAME = re.compile(r"[!-~]{1,200}")
_PAGE = 500
_TRIES = 5

VAULT_SECRETS = Table(
    "vault_secrets",
    METADATA,
    Column("name", ascii_text(200), primary_key=True),
    Column("sealed", Bytes, nullable=False),
)


def master_keys(settings: Settings) -> tuple[Fernet, ...]:
    """The present master key first, then the previous ones. Raises `SettingError`."""
    previous = [key.strip() for key in settings.previous_master_keys.text.split(",")]
    return (
        _fernet("LIVE_MASTER_KEY", settings.master_key.text),
        *(_fernet("LIVE_PREVIOUS_MASTER_KEYS", key) for key in previous if key),
    )


class SqlVault:
    """Implements `Vault`. What an older key sealed is sealed anew when it is read or written.

    A secret is bound to its name: moved to another row it is refused. Names are printable ASCII
    without spaces, 200 characters at most.
    """

    def __init__(self, engine: AsyncEngine, keys: Sequence[Fernet]) -> None:
        self._engine = engine
        self._seal = Seal(keys)

    async def put(self, name: str, secret: bytes) -> None:
        """Replaces what stands under the name."""
        sealed = self._seal.close(_checked(name), secret)
        for _ in range(_TRIES):
            if await self._replaced(name, sealed) or await self._inserted(name, sealed):
                return
        raise LookupError(f"{name} keeps coming and going in the vault")

    async def put_first(self, name: str, secret: bytes) -> bool:
        """Whether nothing stood under the name: what is there stays."""
        return await self._inserted(_checked(name), self._seal.close(name, secret))

    async def get(self, name: str) -> bytes | None:
        """Raises `SecretUnreadable`."""
        query = select(VAULT_SECRETS.c.sealed).where(VAULT_SECRETS.c.name == _checked(name))
        async with self._engine.connect() as connection:
            sealed = (await connection.execute(query)).scalar_one_or_none()
        if sealed is None:
            return None
        return await self._opened(name, bytes(sealed))

    async def delete(self, name: str) -> None:
        """Already gone counts as done."""
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(VAULT_SECRETS).where(VAULT_SECRETS.c.name == _checked(name))
            )

    async def reseal(self) -> int:
        """Seals everything under the present key, so that previous keys can be let go.

        Returns how many secrets there are. Raises `SecretUnreadable`.
        """
        count, last = 0, ""
        while True:
            rows = await self._page_after(last)
            for name, sealed in rows:
                await self._opened(name, bytes(sealed))
            count += len(rows)
            if len(rows) < _PAGE:
                return count
            last = rows[-1][0]

    async def _opened(self, name: str, sealed: bytes) -> bytes:
        secret = self._seal.open(name, sealed)
        if not self._seal.is_present(sealed):
            renewed = self._seal.close(name, secret)
            await self._replaced(name, renewed, instead_of=sealed)
        return secret

    async def _replaced(self, name: str, sealed: bytes, *, instead_of: bytes | None = None) -> bool:
        """Whether a row was there; with `instead_of`, only one that nobody changed meanwhile."""
        statement = update(VAULT_SECRETS).where(VAULT_SECRETS.c.name == name)
        if instead_of is not None:
            statement = statement.where(VAULT_SECRETS.c.sealed == instead_of)
        async with self._engine.begin() as connection:
            result = await connection.execute(statement.values(sealed=sealed))
        return bool(result.rowcount)

    async def _inserted(self, name: str, sealed: bytes) -> bool:
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(VAULT_SECRETS).values(name=name, sealed=sealed))
        except IntegrityError:  # somebody else's came first
            return False
        return True

    async def _page_after(self, last: str) -> Sequence[tuple[str, bytes]]:
        query = (
            select(VAULT_SECRETS.c.name, VAULT_SECRETS.c.sealed)
            .where(VAULT_SECRETS.c.name > last)
            .order_by(VAULT_SECRETS.c.name)
            .limit(_PAGE)
        )
        async with self._engine.connect() as connection:
            rows = await connection.execute(query)
            return [(row.name, row.sealed) for row in rows]


def _fernet(variable: str, key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise SettingError(variable, "must be 32 bytes in URL-safe base64") from None


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a vault name is printable ASCII without spaces, at most 200 characters")
    return name
