"""Exports of the event log, resumable: to one file, or in parts to an object store."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import click
import msgspec

from application.ports import ObjectStore
from infrastructure.embedded.surroundings import Needs, surrounded
from infrastructure.event_store.log import SqlEventLog
from infrastructure.r2.object_store import open_object_store
from infrastructure.settings import load_settings
from interfaces.bootstrap.store import open_store
from interfaces.cli.output import progress
from interfaces.envelopes import Envelope, Page, Wanted, pages

_TAIL_BYTES = 4 * 1024 * 1024
_PART_EVENTS = 50_000
_CONTENT_TYPE = "application/x-ndjson"


class NotResumable(Exception):
    """The target holds something that is no export of ours. The text is one line."""


class UnknownTarget(Exception):
    """Exports cannot be written there. The text is one line."""


class _Position(msgspec.Struct):
    position: int


async def export_log(to: str, wanted: Wanted) -> None:
    """Raises `NotResumable` or `UnknownTarget`."""
    if "://" in to and not to.startswith("s3://"):
        scheme = to.partition("://")[0]
        raise UnknownTarget(f"--to must be a file, - or s3://bucket/prefix, not {scheme}://")
    needs = Needs(redis=False, simulators=to.startswith("s3://"))
    async with surrounded(load_settings(), needs) as settings, open_store(settings) as store:
        if to == "-":
            await _write(store.log, wanted, sys.stdout.buffer)
        elif to.startswith("s3://"):
            target = urlsplit(to)
            bucket = msgspec.structs.replace(settings, r2_bucket=target.netloc)
            prefix = target.path.strip("/") or "events"
            objects = open_object_store(bucket)
            try:
                await _upload(store.log, wanted, objects, prefix)
            finally:
                await objects.aclose()
        else:
            await _append(store.log, wanted, Path(to))


async def _append(log: SqlEventLog, wanted: Wanted, path: Path) -> None:
    with opened(path) as file:
        after = last_position(file, path)
        await _write(log, msgspec.structs.replace(wanted, after=after), file)
        file.truncate()


def opened(path: Path) -> IO[bytes]:
    path.touch()
    return path.open("r+b")


def last_position(file: IO[bytes], path: Path) -> int:
    """That of the last whole line; leaves `file` right behind it. 0: there is none yet."""
    end = file.seek(0, 2)
    start = max(end - _TAIL_BYTES, 0)
    file.seek(start)
    text, newline, _torn = file.read().rpartition(b"\n")
    if not newline:
        if start or end:
            raise NotResumable(f"{path} is no export of the log")
        return 0
    file.seek(start + len(text) + 1)
    try:
        return msgspec.json.decode(text.rpartition(b"\n")[2], type=_Position).position
    except msgspec.MsgspecError:
        raise NotResumable(f"{path} is no export of the log") from None


async def _write(log: SqlEventLog, wanted: Wanted, file: IO[bytes]) -> None:
    written = 0
    async for page in _pages(log, wanted):
        file.write(_lines(page.envelopes))
        written += len(page.envelopes)
    file.flush()
    click.echo(f"exported\t{written}", err=True)


async def _upload(log: SqlEventLog, wanted: Wanted, objects: ObjectStore, prefix: str) -> None:
    """A part is named for its positions; `<prefix>/reached` says how far the parts go."""
    reached = await objects.get(f"{prefix}/reached")
    wanted = msgspec.structs.replace(wanted, after=int(reached or 0))
    part: list[Envelope] = []
    written, place = 0, wanted.after
    async for page in _pages(log, wanted):
        part += page.envelopes
        place = page.reached
        if len(part) >= _PART_EVENTS:
            written += await _upload_part(objects, prefix, part, place)
            part = []
    written += await _upload_part(objects, prefix, part, place)
    click.echo(f"exported\t{written}", err=True)


async def _upload_part(
    objects: ObjectStore, prefix: str, part: list[Envelope], reached: int
) -> int:
    if part:
        name = f"{prefix}/{part[0].position:020d}-{part[-1].position:020d}.ndjson"
        await objects.put(name, _lines(part), content_type=_CONTENT_TYPE)
        await objects.put(f"{prefix}/reached", str(reached).encode(), content_type="text/plain")
    return len(part)


async def _pages(log: SqlEventLog, wanted: Wanted) -> AsyncIterator[Page]:
    with progress("exporting", await log.head()) as advance:
        async for page in pages(log, wanted):
            yield page
            advance(page.reached)


def _lines(envelopes: list[Envelope]) -> bytes:
    return b"".join(msgspec.json.encode(envelope) + b"\n" for envelope in envelopes)
