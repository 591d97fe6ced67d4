"""Messages taken away and pinned, people silenced, rules changed: over all processes."""

from datetime import timedelta

import msgspec
import pytest

from domain.chat import commands as ask
from domain.chat import errors
from domain.chat import events as fact
from tests.support.builders import HOST, SHOW
from tests.support.chatting import ANOTHER, STAFF, VIEWER, appoint, ban, change, mute
from tests.support.parlour import Parlour, Process

NOTHING = "0190f3a2-0000-7000-8000-00000000dead"


async def spoken(process: Process, text: str = "Is it in blue?", **changes: str) -> str:
    answer = (await process.say(text, **changes)).answer
    return msgspec.json.decode(answer, type=dict[str, str])["id"]


def remove(message_id: str, by: str) -> ask.RemoveMessage:
    """Whose it is is not the asking person's to say."""
    return ask.RemoveMessage(stream_id=SHOW, by=by, message_id=message_id, user_id=by)


def pin(message_id: str, by: str = HOST) -> ask.PinMessage:
    return ask.PinMessage(stream_id=SHOW, by=by, message_id=message_id, user_id="")


async def about(process: Process, command: ask.RemoveMessage | ask.PinMessage) -> bytes:
    return (await process.chat.about_message(process.dispatch(command))).answer


async def test_remove_names_who_said_it_whoever_asks(salon: Parlour) -> None:
    said = await spoken(salon.here)
    assert await about(salon.there, remove(said, by=HOST)) == b'{"id":"%b"}' % said.encode()
    assert await salon.here.told(fact.ChatMessageRemoved) == [
        fact.ChatMessageRemoved(message_id=said, user_id=VIEWER, by=HOST)
    ]


async def test_remove_refused_to_who_claims_another_s_words(salon: Parlour) -> None:
    said = await spoken(salon.here)
    with pytest.raises(errors.NotAModeratorError):
        await about(salon.there, remove(said, by=ANOTHER))
    await about(salon.there, remove(said, by=VIEWER))


@pytest.mark.parametrize("command", [remove(NOTHING, by=HOST), pin(NOTHING)], ids=repr)
async def test_what_was_never_said_is_not_found(
    salon: Parlour, command: ask.RemoveMessage | ask.PinMessage
) -> None:
    await salon.here.say()
    with pytest.raises(errors.MessageNotFoundError):
        await about(salon.here, command)


async def test_a_repeated_removal_gets_its_first_answer(salon: Parlour) -> None:
    said = await spoken(salon.here)
    dispatch = salon.here.dispatch(remove(said, by=VIEWER), fingerprint=b"removal")
    first = await salon.here.chat.about_message(dispatch)
    again = await salon.there.chat.about_message(dispatch)
    assert (again.answer, again.position) == (first.answer, first.position)
    await about(salon.there, remove(said, by=HOST))
    assert len(await salon.here.told(fact.ChatMessageRemoved)) == 1


async def test_pin_and_unpin_are_answered_with_what_is_pinned(salon: Parlour) -> None:
    said = await spoken(salon.here)
    pinned = {"id": SHOW, "pinned": said}
    assert msgspec.json.decode(await about(salon.there, pin(said))) == pinned
    assert (await salon.here.room()).pinned == said
    outcome = await salon.here.do(ask.UnpinMessage(stream_id=SHOW, by=HOST))
    assert msgspec.json.decode(outcome.answer) == {"id": SHOW, "pinned": None}


async def test_pin_refused_when_the_message_was_removed(salon: Parlour) -> None:
    said = await spoken(salon.here)
    await about(salon.here, remove(said, by=HOST))
    with pytest.raises(errors.MessageNotFoundError):
        await about(salon.there, pin(said))


async def test_a_mute_holds_everywhere_until_it_runs_out(any_salon: Parlour) -> None:
    here, there = any_salon.here, any_salon.there
    outcome = await here.do(mute(60, by=HOST, now=here.clock()))
    assert msgspec.json.decode(outcome.answer)["id"] == VIEWER
    with pytest.raises(errors.MutedError):
        await there.say()
    here.clock.ahead += timedelta(seconds=61)
    await there.say()


async def test_who_was_banned_is_not_heard_anywhere(any_salon: Parlour) -> None:
    await any_salon.here.say("first")
    await any_salon.there.do(ban(by=HOST))
    with pytest.raises(errors.BannedError):
        await any_salon.here.say("second")


async def test_the_host_appoints_and_staff_is_above(salon: Parlour) -> None:
    await salon.here.do(appoint(ANOTHER))
    await salon.there.do(ban(by=ANOTHER))
    with pytest.raises(errors.CannotModerateError):
        await salon.there.do(ban(by=ANOTHER, user_id=HOST))
    await salon.here.do(ban(by=STAFF, staff=True, user_id=ANOTHER))
    room = await salon.there.room()
    assert not room.moderators
    assert room.banned == {VIEWER, ANOTHER}


async def test_changed_rules_are_answered_as_they_are_now(salon: Parlour) -> None:
    words = {"zh-TW": ("詐騙",)}
    outcome = await salon.here.do(change(by=HOST, slow_mode_seconds=10, blocked_words=words))
    assert msgspec.json.decode(outcome.answer) == {
        "id": SHOW,
        "slow_mode_seconds": 10,
        "who_may_chat": "everyone",
        "links_allowed": True,
        "blocked_words": {"zh-TW": ["詐騙"]},
    }
    with pytest.raises(errors.BlockedWordError):
        await salon.there.say("這是詐騙")
