"""What is said in a room that several processes share."""

import asyncio
from contextlib import suppress

import msgspec
import pytest

from application.chat.ports import ChatTooFastError, RepeatedMessageError
from application.ports import CommandIdReused, Overloaded
from domain.chat import errors
from domain.chat.commands import ChangeRoom
from domain.chat.events import ChatMessageSent, RoomOpened
from domain.streaming.commands import CancelLiveStream
from tests.support.builders import HOST, SHOW
from tests.support.chatting import ANOTHER, OPENED, VIEWER, remove, send
from tests.support.parlour import DIGEST_KEY, Parlour, Process

NOWHERE = "0190f3a2-0000-7000-8000-00000000dead"


async def slow_down(process: Process, seconds: int = 30) -> None:
    await process.do(ChangeRoom(stream_id=SHOW, by=HOST, slow_mode_seconds=seconds))


def said_id(answer: bytes) -> str:
    return msgspec.json.decode(answer, type=dict[str, str])["id"]


async def test_who_speaks_first_opens_the_room(salon: Parlour) -> None:
    outcome = await salon.here.say()
    assert await salon.there.told(RoomOpened) == [OPENED]
    said = (await salon.there.told(ChatMessageSent))[0]
    assert isinstance(said, ChatMessageSent)
    assert (said.text, said.name, said.role) == ("Is it in blue?", "Lin Mei", "viewer")
    assert said_id(outcome.answer) == said.message_id


async def test_many_who_come_at_once_open_one_room(any_salon: Parlour) -> None:
    processes = [any_salon.here, any_salon.there] * 5
    await asyncio.gather(
        *(each.say(f"number {number}") for number, each in enumerate(processes)),
        *(each.chat.open(SHOW) for each in processes),
    )
    assert await any_salon.here.told(RoomOpened) == [OPENED]
    assert sorted(await any_salon.there.texts()) == [f"number {number}" for number in range(10)]


async def test_send_refused_where_there_is_no_such_show(salon: Parlour) -> None:
    with pytest.raises(errors.RoomNotFoundError) as refused:
        await salon.here.say(stream_id=NOWHERE)
    assert refused.value.fields == {"stream_id": NOWHERE}
    with pytest.raises(errors.RoomNotFoundError):
        await salon.here.chat.open(NOWHERE)


async def test_send_refused_where_the_show_is_over_and_nobody_ever_came(salon: Parlour) -> None:
    await salon.here.do(CancelLiveStream(stream_id=SHOW, by=HOST))
    with pytest.raises(errors.RoomClosedError):
        await salon.here.say()
    assert await salon.here.told(RoomOpened) == []


async def test_slow_mode_holds_over_all_processes(any_salon: Parlour) -> None:
    await slow_down(any_salon.here)
    await any_salon.here.say("first")
    with pytest.raises(errors.SlowModeError) as refused:
        await any_salon.there.say("second")
    assert 0 < refused.value.fields["seconds"] <= 30
    await any_salon.there.say("mine", by=ANOTHER)
    assert await any_salon.here.texts() == ["first", "mine"]


async def test_who_speaks_everywhere_at_once_is_heard_once_in_slow_mode(any_salon: Parlour) -> None:
    await slow_down(any_salon.here)
    said = [any_salon.here.say(f"h{number}") for number in range(4)]
    said += [any_salon.there.say(f"t{number}") for number in range(4)]
    answers = await asyncio.gather(*said, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert len(refused) == 7
    assert {type(refusal) for refusal in refused} == {errors.SlowModeError}
    assert len(await any_salon.here.texts()) == 1


@pytest.mark.parametrize("met_before", [False, True])
async def test_a_repeated_send_gets_its_first_answer_in_slow_mode(
    any_salon: Parlour, met_before: bool
) -> None:
    """Also from a process that has just been started, or knows an older state of the room."""
    await slow_down(any_salon.here)
    if met_before:
        await any_salon.there.say("first of all", by=ANOTHER)
    first = await any_salon.here.say(ref="7")
    again = await any_salon.there.say(ref="7")
    assert (again.answer, again.position, again.replayed) == (first.answer, first.position, True)
    assert (await any_salon.here.texts()).count("Is it in blue?") == 1


async def test_send_refused_when_its_ref_comes_back_with_other_words(salon: Parlour) -> None:
    await salon.here.say("one", ref="7")
    with pytest.raises(CommandIdReused):
        await salon.here.say("another", ref="7")


async def test_a_ref_stands_for_the_message_replied_to_as_well(salon: Parlour) -> None:
    first = said_id((await salon.here.say("one", ref="7")).answer)
    with pytest.raises(CommandIdReused):
        await salon.here.say("one", ref="7", reply_to=first)


async def test_without_the_installation_s_key_nobody_can_tell_what_was_said(salon: Parlour) -> None:
    """Kept fingerprints would confirm a guess at what somebody erased had said."""
    await salon.here.say("one", ref="7")
    await salon.here.vault.delete(DIGEST_KEY)
    with pytest.raises(CommandIdReused):
        await salon.there.say("one", ref="7")


async def test_a_ref_is_each_person_s_own(salon: Parlour) -> None:
    await salon.here.say("hello", ref="7")
    await salon.there.say("hello", ref="7", by=ANOTHER)
    assert await salon.here.texts() == ["hello", "hello"]


async def test_the_same_words_again_are_refused_in_a_while(salon: Parlour) -> None:
    await salon.here.say("Hello")
    with pytest.raises(RepeatedMessageError):
        await salon.there.say("ＨＥＬＬＯ")
    await salon.there.say("Hello", by=ANOTHER)


async def test_what_the_room_refused_may_be_said_again(salon: Parlour) -> None:
    await slow_down(salon.here, 5)
    await salon.here.say("first")
    with pytest.raises(errors.SlowModeError):
        await salon.here.say("second")
    salon.here.clock.ahead += salon.here.clock.ahead.resolution * 5_000_000
    await salon.there.say("second")
    assert await salon.here.texts() == ["first", "second"]


async def test_who_says_too_much_is_told_to_wait(salon: Parlour) -> None:
    """20 messages in 10 s, and one more each half second that this takes."""
    said = (salon.here.say(f"number {number}") for number in range(40))
    answers = await asyncio.gather(*said, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert {type(refusal) for refusal in refused} == {ChatTooFastError}
    assert 20 <= len(await salon.here.texts()) < 40


async def test_a_repeated_send_gets_its_first_answer_where_it_would_not_be_let_in(
    salon: Parlour,
) -> None:
    first = await salon.here.say(ref="7")
    for number in range(40):
        with suppress(ChatTooFastError):
            await salon.here.say(f"number {number}")
    again = await salon.there.say(ref="7")
    assert (again.answer, again.position, again.replayed) == (first.answer, first.position, True)
    with pytest.raises(CommandIdReused):
        await salon.there.say("another", ref="7")


async def test_a_repeated_reply_gets_its_first_answer_though_its_message_was_removed(
    salon: Parlour,
) -> None:
    question = said_id((await salon.here.say()).answer)
    first = await salon.here.say("Yes", ref="7", by=HOST, reply_to=question)
    await salon.here.chat.about_message(salon.here.dispatch(remove(message_id=question, by=HOST)))
    again = await salon.there.say("Yes", ref="7", by=HOST, reply_to=question)
    assert (again.answer, again.replayed) == (first.answer, True)
    with pytest.raises(errors.MessageNotFoundError):
        await salon.there.say("No", by=HOST, reply_to=question)


async def test_what_was_not_recorded_for_lack_of_room_may_be_said_again(salon: Parlour) -> None:
    await salon.here.say("first")
    await salon.there.store.sequencer.stop()
    with pytest.raises(Overloaded):
        await salon.there.say("second")
    await salon.here.say("second")
    assert await salon.here.texts() == ["first", "second"]


async def test_staff_and_who_is_exempt_may_say_more(salon: Parlour) -> None:
    for number in range(22):
        await salon.here.say(f"number {number}", staff=True)
    by_host = send("again and again", by=HOST)
    for _ in range(2):
        await salon.here.chat.send(salon.here.dispatch(by_host), exempt=True)
    assert len(await salon.here.texts()) == 24


async def test_a_reply_is_to_what_was_said_in_the_room(salon: Parlour) -> None:
    first = said_id((await salon.here.say()).answer)
    await salon.there.say("Yes", by=HOST, reply_to=first)
    replied = (await salon.here.told(ChatMessageSent))[1]
    assert isinstance(replied, ChatMessageSent)
    assert (replied.user_id, replied.reply_to) == (HOST, first)
    with pytest.raises(errors.MessageNotFoundError) as refused:
        await salon.here.say("To nobody", reply_to=NOWHERE)
    assert refused.value.fields == {"message_id": NOWHERE}


async def test_what_is_said_is_sealed_in_the_log(salon: Parlour) -> None:
    await salon.here.say()
    await salon.here.store.codec.keyring.erase(VIEWER)
    said = (await salon.there.told(ChatMessageSent))[0]
    assert isinstance(said, ChatMessageSent)
    assert {said.name, said.text} == {"[erased]"}
