"""Opens what a command works on, and runs it. Commands log warnings only."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from infrastructure.embedded.surroundings import Needs, completed, surrounded
from infrastructure.observability.logs import configure_logging
from infrastructure.settings import load_settings
from interfaces.bootstrap.platform import open_platform
from interfaces.bootstrap.store import Store, open_store
from interfaces.platform import Platform


def run(work: Coroutine[Any, Any, None]) -> None:
    configure_logging(level="warning")
    asyncio.run(work)


@asynccontextmanager
async def log_store() -> AsyncIterator[Store]:
    """The log alone: needs the database and nothing else."""
    async with open_store(completed(load_settings())) as store:
        yield store


@asynccontextmanager
async def operated_platform(*, simulators: bool = False) -> AsyncIterator[Platform]:
    """The platform, for looking and ordering: whatever does the work runs in the roles."""
    async with (
        surrounded(load_settings(), Needs(simulators=simulators)) as settings,
        open_platform(settings) as platform,
    ):
        yield platform
