"""A shopper's HTTP connection, spoken by hand: the client shares the machine with what it measures
and must cost little."""

import asyncio
from typing import Any, NamedTuple

import msgspec

from infrastructure.ids import new_id

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Answer(NamedTuple):
    status: int
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Connection:
    """Kept alive; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, host: str, port: int) -> "Connection":
        return cls(*await asyncio.open_connection(host, port))

    async def ask(self, method: str, path: str, token: str, body: msgspec.Struct) -> Answer:
        """Under an idempotency key of its own, as apps do. Raises `OSError` or
        `asyncio.IncompleteReadError` where the connection is lost."""
        content = msgspec.json.encode(body)
        head = (
            f"{method} /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}"
            f"\r\nIdempotency-Key: {new_id()}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        self._writer.write(head.encode() + content)
        answered = await self._reader.readuntil(_END_OF_HEAD)
        return Answer(int(answered[9:12]), await self._reader.readexactly(_length(answered)))

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


def _length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.index(_LENGTH) + len(_LENGTH)
    return int(lowered[start : lowered.index(b"\r", start)])
