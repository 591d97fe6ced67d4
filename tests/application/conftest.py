"""Gives application tests a stage."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.stage import Stage, stage


@pytest_asyncio.fixture
async def play(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """Live streams on the real log and the simulated provider."""
    async with stage(sqlite_url, tmp_path / "simulators") as built:
        yield built
