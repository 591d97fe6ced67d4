"""What follows from shows ending and rooms opening."""

import pytest

from application.processes.process import Enqueue
from application.processes.rooms import CLOSE_ROOM, RoomClosing
from domain.chat.events import RoomClosed
from domain.shared import Event
from domain.streaming.events import LiveStreamCancelled, LiveStreamFailed
from tests.support.builders import SHOW, connected, ended, recorded
from tests.support.chatting import OPENED, sent


@pytest.mark.parametrize(
    "event",
    [ended(), LiveStreamCancelled(), LiveStreamFailed(problem="refused"), OPENED],
    ids=lambda event: type(event).__name__,
)
def test_what_may_end_a_room_leads_to_a_look(event: Event) -> None:
    assert RoomClosing().react(recorded(event)) == (Enqueue(CLOSE_ROOM, (SHOW,)),)


@pytest.mark.parametrize("event", [connected(1), sent(), RoomClosed()], ids=repr)
def test_other_facts_lead_to_nothing(event: Event) -> None:
    assert RoomClosing().react(recorded(event)) == ()
