"""All that is due has its turn in one look, also behind what fails."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from application.processes.expiring import Place, expire_all

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def due_at(number: int) -> datetime:
    return EPOCH + timedelta(seconds=number // 3)


def place(number: int) -> Place:
    return due_at(number), f"{number:06d}"


async def test_everything_due_is_expired_once_though_the_first_of_it_fails() -> None:
    everything = range(1_700)
    tried: list[int] = []

    async def pages(limit: int, after: Place | None) -> Sequence[int]:
        beyond = [each for each in everything if after is None or place(each) > after]
        return beyond[:limit]

    async def expire(number: int) -> None:
        tried.append(number)
        if number < 600:
            raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        await expire_all(pages, place, expire)
    assert tried == list(everything)


async def test_nothing_due_is_nothing_done() -> None:
    async def pages(_limit: int, _after: Place | None) -> Sequence[int]:
        return ()

    async def expire(number: int) -> None:
        raise ValueError(number)

    assert await expire_all(pages, place, expire) == 0
