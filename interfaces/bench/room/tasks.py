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

_PROGRAM = "interfaces.bench.room.load"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """`search` for the highest rate that holds, from `rate` on; `paced`: at `rate` only; `soak`:
    `steps` of them, reported one by one; `closed`: each viewer sends when its last message was
    acknowledged; `idle`: say `ready` and be there until ended.

    `rate` is messages a second, `seconds` is of a step, `cores` may be empty: any."""

    work: Literal["search", "paced", "soak", "closed", "idle"]
    speaks: Speaks
    port: int
    paths: list[str]
    rate: float = 0.0
    seconds: float = 0.0
    steps: int = 1
    p99_ms: float = 0.0
    cores: tuple[int, ...] = ()


async def loaded(task: Task) -> dict[str, Any]:
    """Does it; its figures."""
    with _noted(task) as file:
        return await measured("room.load", file)


@asynccontextmanager
async def staying(task: Task) -> AsyncIterator[None]:
    """Inside, all of an idle task's viewers are in the room."""
    async with begun(task) as output:
        if await output.readline() != b"ready\n":
            raise RuntimeError("the viewers did not come in")
        yield


@asynccontextmanager
async def begun(task: Task) -> AsyncIterator[asyncio.StreamReader]:
    """What it reports, line by line. It is ended when the context is left."""
    with _noted(task) as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _PROGRAM, file, stdout=asyncio.subprocess.PIPE
        )
        try:
            if process.stdout is None:
                raise RuntimeError("the load has no output")
            yield process.stdout
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


@contextmanager
def _noted(task: Task) -> Iterator[str]:
    """A file that has it: too much for a command line."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(msgspec.json.encode(task))
        file.flush()
        yield file.name
