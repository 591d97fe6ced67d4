"""What a load is to do, and having it done, in a process of its own."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

import msgspec

from interfaces.bench.measurement import measured
from interfaces.bench.room.dialects import Speaks


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """`search` for the highest rate that holds, from `rate` on; `paced`: at `rate` only; `closed`:
    64 messages on their way all the time; `idle`: be there until standard input ends.

    `rate` is messages a second, `seconds` is of a step, `cores` may be empty: any."""

    work: Literal["search", "paced", "closed", "idle"]
    speaks: Speaks
    port: int
    paths: list[str]
    rate: float = 0.0
    seconds: float = 0.0
    p99_ms: float = 0.0
    cores: tuple[int, ...] = ()


async def loaded(task: Task) -> dict[str, Any]:
    """Does it; its figures."""
    with _noted(task) as file:
        return await measured("room.load", file)


@asynccontextmanager
async def staying(task: Task) -> AsyncIterator[None]:
    """Inside, all of an idle task's viewers are in the room."""
    with _noted(task) as file:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "interfaces.bench.room.load", file, stdin=pipe, stdout=pipe
        )
        try:
            if process.stdout is None or await process.stdout.readline() != b"ready\n":
                raise RuntimeError("the viewers did not come in")
            yield
        finally:
            await process.communicate(b"go\n")


@contextmanager
def _noted(task: Task) -> Iterator[str]:
    """A file that has it: too much for a command line."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(msgspec.json.encode(task))
        file.flush()
        yield file.name
