"""What follows from shows ending and rooms opening."""

import pytest

from application.processes.process import Enqueue, SetDeadline
from application.processes.rooms import CLOSE_ROOM, RoomClosing
from domain.chat.events import RoomClosed
from domain.shared import Event
from domain.streaming.events import LiveStreamCancelled, LiveStreamFailed
from tests.support.builders import SHOW, at, connected, ended, recorded
from tests.support.chatting import OPENED, sent


@pytest.mark.parametrize(
    "event",
    [ended(), LiveStreamCancelled(), LiveStreamFailed(problem="refused")],
    ids=lambda event: type(event).__name__,
)
def test_the_end_of_a_show_leads_to_a_look_and_another(event: Event) -> None:
    later = SetDeadline(key=f"room-{SHOW}", due_at=at(7 + 60), job=CLOSE_ROOM, args=(SHOW,))
    assert RoomClosing().react(recorded(event, position=7)) == (
        Enqueue(CLOSE_ROOM, (SHOW,)),
        later,
    )


@pytest.mark.parametrize("event", [connected(1), sent(), OPENED, RoomClosed()], ids=repr)
def test_other_facts_lead_to_nothing(event: Event) -> None:
    assert RoomClosing().react(recorded(event)) == ()
