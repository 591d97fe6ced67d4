"""Rooms open for the first who comes and close with their show; reactions are kept for good."""

from datetime import timedelta

import pytest

from domain.chat import errors
from domain.chat.commands import OpenRoom
from domain.chat.events import ChatMessageSent, ReactionsCounted, RoomClosed, RoomOpened
from domain.streaming.commands import CancelLiveStream
from tests.support.builders import HOST, SHOW
from tests.support.parlour import Parlour

CANCEL = CancelLiveStream(stream_id=SHOW, by=HOST)


async def test_a_room_closes_with_its_show(any_salon: Parlour) -> None:
    await any_salon.here.say()
    await any_salon.settle()
    assert (await any_salon.here.room()).is_open
    await any_salon.here.do(CANCEL)
    await any_salon.settle()
    assert await any_salon.there.told(RoomClosed) == [RoomClosed()]
    with pytest.raises(errors.RoomClosedError):
        await any_salon.here.say("second")


async def test_a_room_that_was_opened_while_the_show_ended_is_closed(salon: Parlour) -> None:
    here = salon.here
    await here.do(CANCEL)
    await salon.settle()
    late = OpenRoom(stream_id=SHOW, host_id=HOST, market="TW", language="zh-TW")
    await here.store.sequencer.execute(here.dispatch(late))
    await salon.settle()
    assert (await here.room()).is_open
    here.clock.ahead += timedelta(minutes=1)
    await salon.settle()
    assert not (await here.room()).is_open


async def test_closing_again_changes_nothing(salon: Parlour) -> None:
    await salon.here.say()
    await salon.here.do(CANCEL)
    for _ in range(2):
        await salon.here.rooms.close_room(SHOW)
        await salon.there.rooms.close_room(SHOW)
    assert len(await salon.here.told(RoomClosed)) == 1


async def test_a_room_nobody_opened_is_not_closed(salon: Parlour) -> None:
    await salon.here.do(CANCEL)
    await salon.settle()
    assert await salon.here.told(RoomOpened, RoomClosed, ChatMessageSent) == []


async def test_reactions_are_recorded_as_they_stand(salon: Parlour) -> None:
    here, there = salon.here, salon.there
    await here.chat.open(SHOW)
    await here.chat.count_reactions(SHOW)
    await here.totals.add(SHOW, {"like": 3, "heart": 1}, {})
    await here.chat.count_reactions(SHOW)
    await there.chat.count_reactions(SHOW)
    await there.totals.add(SHOW, {"like": 2}, {})
    await there.chat.count_reactions(SHOW)
    assert await here.told(ReactionsCounted) == [
        ReactionsCounted(totals={"like": 3, "heart": 1}),
        ReactionsCounted(totals={"like": 5, "heart": 1}),
    ]


async def test_reactions_without_a_room_are_left_uncounted(salon: Parlour) -> None:
    await salon.here.totals.add(SHOW, {"like": 3}, {})
    await salon.here.chat.count_reactions(SHOW)
    assert await salon.here.told(ReactionsCounted) == []
