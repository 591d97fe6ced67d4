"""The sealed export: every record as it was hashed, so that others can prove the log whole.

Payloads stay as stored, personal data encrypted; the form is read by `proving`.
"""

import sys
from base64 import b64encode
from pathlib import Path
from typing import IO

import click
import msgspec

from infrastructure.event_store.log import SqlEventLog
from infrastructure.event_store.schema import Row
from interfaces.cli.exporting import UnknownTarget, last_position, opened
from interfaces.cli.opening import log_store
from interfaces.cli.output import progress
from interfaces.cli.proving import HEADER

_PAGE = 5000


async def export_sealed(to: str) -> None:
    """To a file, where it goes on behind the last whole line, or `-`. A sealed export holds
    every event. Raises `NotResumable` or `UnknownTarget`."""
    if "://" in to:
        raise UnknownTarget("a sealed export goes to a file or -")
    async with log_store() as store:
        if to == "-":
            await write_sealed(store.log, sys.stdout.buffer, 0)
            return
        with opened(Path(to)) as file:
            await write_sealed(store.log, file, last_position(file, Path(to)))
            file.truncate()


async def write_sealed(log: SqlEventLog, file: IO[bytes], after: int) -> None:
    """Up to where the log ended when it was asked; reads in pages."""
    end, place = await log.head(), after
    with progress("exporting", end) as advance:
        while place < end:
            rows = await log.read_rows(place, _PAGE, upto=end)
            if not rows:
                break
            file.write(b"".join(map(_line, rows)))
            place = rows[-1][0]
            advance(place)
    file.flush()
    click.echo(f"exported\t{place - after}", err=True)


def _line(row: Row) -> bytes:
    header, payload, digest = row[:5] + row[6:13], row[5], row[13]
    record = dict(zip(HEADER, header, strict=True))
    sealed = {"payload": b64encode(payload).decode(), "hash": digest.hex()}
    return msgspec.json.encode(record | sealed) + b"\n"
