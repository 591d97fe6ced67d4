"""A room's state is what the log says, however often and wherever it is asked for."""

from collections.abc import AsyncIterator
from unittest.mock import patch

import pytest

from domain.chat import events as fact
from domain.chat.deciding import ROOM
from infrastructure.realtime import room_states
from infrastructure.realtime.room_states import RoomStates
from tests.support.rooms import LIN, SOMCHAI, Talk, talk

OPENED = fact.RoomOpened(host_id=LIN, market="TW", language="zh-TW")


@pytest.fixture
async def there(database_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Talk]:
    async with talk(database_url, redis_url, redis_prefix) as made:
        yield made


async def agree(there: Talk, states: RoomStates, room: str = "show") -> None:
    assert await states.room(room) == await there.log.load(ROOM, ROOM.stream(room))


async def test_state_is_current_whenever_it_is_asked_for(there: Talk) -> None:
    states = RoomStates(there.log)
    await agree(there, states)
    await there.happen(OPENED)
    await agree(there, states)
    await there.say("a", "b")
    await there.happen(fact.ViewerBanned(user_id=SOMCHAI, by=LIN))
    assert SOMCHAI in (await states.room("show")).state.banned
    await agree(there, states)
    await agree(there, states)
    await there.happen(OPENED, room="another")
    await agree(there, states, "another")


async def test_state_far_behind_is_loaded_anew(there: Talk) -> None:
    states = RoomStates(there.log)
    await there.happen(OPENED)
    await agree(there, states)
    with patch.object(room_states, "_FACTS_AT_ONCE", 3):
        await there.say("a", "b", "c", "d")
        await there.happen(fact.SlowModeChanged(seconds=5, by=LIN))
        await agree(there, states)


async def test_rooms_not_asked_for_lately_are_forgotten(there: Talk) -> None:
    states = RoomStates(there.log)
    with patch.object(room_states, "_ROOMS", 2):
        for room in ("one", "two", "three", "one"):
            await there.happen(OPENED, room=room)
            await agree(there, states, room)
            assert len(states._seen) <= 2
