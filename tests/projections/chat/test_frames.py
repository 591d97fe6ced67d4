"""What those in a room are told of each fact."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.chat import events as chat
from domain.identity.events import PersonalDataErased
from domain.shared import Event, Recorded, UndecodableEvent
from domain.streaming import events as streaming
from projections.chat.frames import (
    PRIVATE_TYPES,
    SHOWN_TYPES,
    FeedBatch,
    RoomFrame,
    frames_of,
)
from projections.frames import TYPES, batch_of
from tests.support.builders import NOON, SHOW, recorded

HOST, LIN = "user-host", "user-lin"
SAID = chat.ChatMessageSent(
    message_id="m-1",
    user_id=LIN,
    name="Lin Mei",
    role="moderator",
    text='有 "A01" 嗎？',
    language="zh-TW",
    sent_at=NOON,
    reply_to="m-0",
    stands=True,
)


def frame_of(event: Event, position: int = 7) -> RoomFrame:
    (frame,) = frames_of(recorded(event, position=position))
    return frame


def told(event: Event) -> dict[str, Any]:
    """The object without what all have alike."""
    frame = frame_of(event)
    body: dict[str, Any] = msgspec.json.decode(frame.body)
    assert body.pop("position") == frame.position == 7
    assert body.pop("type") == frame.kind
    assert frame.room == SHOW
    return {frame.kind: body}


def test_message_is_told_as_it_was_said() -> None:
    assert told(SAID) == {
        "message": {
            "id": "m-1",
            "user": {"id": LIN, "name": "Lin Mei", "role": "moderator"},
            "text": '有 "A01" 嗎？',
            "language": "zh-TW",
            "sent_at": "2026-11-23T12:00:00Z",
            "reply_to": "m-0",
        }
    }


def test_what_the_edge_must_know_of_a_message_stands_beside_it() -> None:
    frame, plain = frame_of(SAID), frame_of(msgspec.structs.replace(SAID, stands=False))
    assert (frame.user_id, frame.stands, frame.hidden) == (LIN, True, False)
    assert frame.leads
    assert not frame_of(msgspec.structs.replace(SAID, role="viewer")).leads
    assert (plain.stands, plain.sent_us) == (False, recorded(SAID, position=7).recorded_us)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            chat.ChatMessageRemoved(message_id="m-1", user_id=LIN, by=HOST),
            {"message_removed": {"id": "m-1"}},
        ),
        (
            chat.MessagePinned(message_id="m-1", user_id=LIN, by=HOST),
            {"pinned": {"message": {"id": "m-1"}}},
        ),
        (chat.MessageUnpinned(message_id="m-1", by=HOST), {"pinned": {"message": None}}),
        (chat.SlowModeChanged(seconds=5, by=HOST), {"room": {"slow_mode_seconds": 5}}),
        (chat.RoomClosed(), {"room": {"closed": True}}),
        (streaming.LiveStreamStarted(at=NOON), {"stream": {"status": "live"}}),
        (streaming.LiveStreamEnded(reason="host"), {"stream": {"status": "ended"}}),
    ],
)
def test_everybody_is_told(event: Event, expected: dict[str, Any]) -> None:
    assert told(event) == expected
    assert not frame_of(event).hidden


def test_rules_are_told_without_the_words_that_are_blocked() -> None:
    rules = chat.ChatRulesChanged(
        who_may_chat="signed_in", links_allowed=False, blocked_words={"en": ("spam",)}, by=HOST
    )
    assert told(rules) == {"room": {"who_may_chat": "signed_in", "links_allowed": False}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            chat.ViewerMuted(user_id=LIN, until=NOON + timedelta(seconds=60), by=HOST),
            {"muted": {"user_id": LIN, "until": "2026-11-23T12:01:00Z"}},
        ),
        (chat.ViewerBanned(user_id=LIN, by=HOST), {"banned": {"user_id": LIN}}),
        (chat.ViewerUnbanned(user_id=LIN, by=HOST), {"unbanned": {"user_id": LIN}}),
        (chat.ModeratorAppointed(user_id=LIN, by=HOST), {"moderator_appointed": {"user_id": LIN}}),
        (chat.ModeratorDismissed(user_id=LIN, by=HOST), {"moderator_dismissed": {"user_id": LIN}}),
    ],
)
def test_only_the_person_concerned_is_told(event: Event, expected: dict[str, Any]) -> None:
    frame = frame_of(event)
    assert told(event) == expected
    assert (frame.hidden, frame.user_id) == (True, LIN)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            chat.RoomOpened(host_id=HOST, market="TW", language="zh-TW"),
            {"opened": {"host_id": HOST}},
        ),
        (
            chat.ReactionsCounted(totals={"like": 3}),
            {"reactions_counted": {"totals": {"like": 3}}},
        ),
    ],
)
def test_the_edge_alone_is_told(event: Event, expected: dict[str, Any]) -> None:
    frame = frame_of(event)
    assert told(event) == expected
    assert (frame.hidden, frame.user_id) == (True, "")


def test_every_fact_of_a_room_is_told_to_somebody() -> None:
    assert {event.tag for event in chat.EVENTS} <= TYPES
    assert not SHOWN_TYPES & PRIVATE_TYPES


@pytest.mark.parametrize(
    "event", [streaming.LiveInputRetired(input_uid="x"), UndecodableEvent(problem="DecodeError")]
)
def test_other_facts_are_nobody_s_business(event: Event) -> None:
    assert frames_of(recorded(event)) == ()


def test_batch_has_frames_in_order_and_who_was_erased() -> None:
    erased = PersonalDataErased(user_id=LIN, subject_key_id=LIN, method="test")
    facts: list[Recorded] = [
        recorded(event, position=position)
        for position, event in ((5, SAID), (6, erased), (8, chat.RoomClosed()))
    ]
    batch = batch_of(facts, after=4, upto=9)
    assert [frame.position for frame in batch.frames] == [5, 8]
    assert (batch.after, batch.upto, batch.erased, batch.incomplete) == (4, 9, (LIN,), False)


def test_batch_travels_as_json_with_its_frames_as_they_are() -> None:
    batch = batch_of([recorded(SAID, position=5)], after=4, upto=5)
    back = msgspec.json.decode(msgspec.json.encode(batch), type=FeedBatch)
    assert bytes(back.frames[0].body) == bytes(batch.frames[0].body)
    assert msgspec.structs.replace(back.frames[0], body=batch.frames[0].body) == batch.frames[0]
