"""Rooms open for the first who comes and close with their show; reactions are kept for good."""

import pytest

from application.processes.process import Enqueue
from application.processes.rooms import CLOSE_ROOM, RoomClosing
from domain.chat import errors
from domain.chat.commands import OpenRoom
from domain.chat.events import ChatMessageSent, ReactionsCounted, RoomClosed, RoomOpened
from domain.shared import Event
from domain.streaming import events as shows
from domain.streaming.commands import CancelLiveStream
from tests.support.builders import HOST, SHOW, connected, ended, recorded
from tests.support.chatting import OPENED, sent
from tests.support.parlour import Parlour

CANCEL = CancelLiveStream(stream_id=SHOW, by=HOST)


@pytest.mark.parametrize(
    "event",
    [ended(), shows.LiveStreamCancelled(), shows.LiveStreamFailed(problem="refused"), OPENED],
    ids=lambda event: type(event).__name__,
)
def test_what_may_end_a_room_leads_to_a_look(event: Event) -> None:
    assert RoomClosing().react(recorded(event)) == (Enqueue(CLOSE_ROOM, (SHOW,)),)


@pytest.mark.parametrize("event", [connected(1), sent(), RoomClosed()], ids=repr)
def test_other_facts_lead_to_nothing(event: Event) -> None:
    assert RoomClosing().react(recorded(event)) == ()


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
