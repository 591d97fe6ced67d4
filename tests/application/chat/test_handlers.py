"""Every command of a room finds who decides it; the services take no others."""

from typing import Any

import pytest

from application.audience import handlers as audience
from application.chat.handlers import HANDLERS, Answer, MuteAnswer
from domain.audience.commands import SampleAudience
from domain.chat.deciding import DECISIONS
from domain.chat.room import Room
from domain.shared import Command
from tests.support.builders import NOON, SHOW, at
from tests.support.chatting import MESSAGE, VIEWER, ban, mute, send
from tests.support.parlour import Parlour


def test_every_command_has_a_handler() -> None:
    assert set(HANDLERS) == set(DECISIONS)
    assert all(handler.streams(send()) == (f"room-{SHOW}",) for handler in HANDLERS.values())


def test_an_audience_is_a_stream_of_its_own() -> None:
    sample = SampleAudience(stream_id=SHOW, viewers=1, most=1)
    assert audience.HANDLERS[SampleAudience].streams(sample) == (f"audience-{SHOW}",)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (send(), Answer(id=MESSAGE)),
        (ban(), Answer(id=VIEWER)),
        (mute(60), MuteAnswer(id=VIEWER, until=at(60))),
        (mute(0, user_id="nobody"), MuteAnswer(id="nobody", until=NOON)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_command_is_answered_with_what_it_concerned(command: Command, answer: Any) -> None:
    room = Room(muted_until={VIEWER: at(60)})
    assert HANDLERS[type(command)].answer(command, (room,)) == answer


async def test_services_refuse_what_is_not_theirs(salon: Parlour) -> None:
    with pytest.raises(TypeError):
        await salon.here.chat.send(salon.here.dispatch(ban()))
    with pytest.raises(TypeError):
        await salon.here.chat.about_message(salon.here.dispatch(send()))
