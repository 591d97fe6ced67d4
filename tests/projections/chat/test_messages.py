"""What of a message is shown, and what is not any more."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chat import events as fact
from domain.shared import ERASED_TEXT, Event, Recorded
from projections.chat.messages import MESSAGES, MessageView
from tests.support.builders import HOST, SHOW, STRANGER, at, recorded

MESSAGE = "0190f3a2-0000-7000-8000-00000000c001"


def sent(**changes: Any) -> fact.ChatMessageSent:
    given: dict[str, Any] = {
        "message_id": MESSAGE,
        "user_id": STRANGER,
        "name": "Mei",
        "role": "viewer",
        "text": "這件有黑色嗎",
        "language": "zh-TW",
        "sent_at": at(3),
    }
    return fact.ChatMessageSent(**{**given, **changes})


def removed() -> fact.ChatMessageRemoved:
    return fact.ChatMessageRemoved(message_id=MESSAGE, user_id=STRANGER, by=HOST)


def in_the_room(event: Event, position: int) -> Recorded:
    told = recorded(event, position=position)
    return msgspec.structs.replace(told, stream=f"room-{SHOW}")


def shown(*events: Event) -> MessageView | None:
    view = None
    for position, event in enumerate(events, start=1):
        view = MESSAGES.fold(view, in_the_room(event, position))
    return view


def test_message_is_shown_as_it_was_said() -> None:
    view = shown(sent(reply_to="another"))
    assert view == MessageView(
        id=MESSAGE,
        stream_id=SHOW,
        user_id=STRANGER,
        role="viewer",
        language="zh-TW",
        sent_at=at(3),
        position=1,
        recorded_us=int(at(1).timestamp()) * 1_000_000,
        name="Mei",
        text="這件有黑色嗎",
        reply_to="another",
    )
    assert "Mei" not in repr(view)
    assert MESSAGES.row(view) == {"place": f"{SHOW}/0000000000000001", "author": STRANGER}


def test_removed_message_keeps_its_place_and_loses_its_words() -> None:
    view = shown(sent(), removed())
    assert view is not None
    assert (view.removed, view.name, view.text) == (True, "", "")
    assert (view.position, view.sent_at, view.user_id) == (1, at(3), STRANGER)
    assert MESSAGES.row(view) == {"place": f"{SHOW}/0000000000000001", "author": None}
    assert shown(sent(), removed(), removed()) == view


def test_message_sent_on_the_way_out_keeps_its_place_alone() -> None:
    """Somebody's key was gone by the time their last message was sealed."""
    seen = shown(sent(name=ERASED_TEXT, text=ERASED_TEXT))
    assert seen is not None
    assert (seen.removed, seen.name, seen.text) == (True, "", "")


def test_removal_of_a_message_that_is_not_there_changes_nothing() -> None:
    assert shown(removed()) is None


@pytest.mark.parametrize("event", [sent(), removed()], ids=["sent", "removed"])
def test_message_is_kept_under_its_id(event: Event) -> None:
    assert MESSAGES.key(in_the_room(event, 1)) == MESSAGE


@given(st.lists(st.sampled_from([sent(), removed()]), min_size=1, max_size=4), st.integers(0, 4))
def test_words_of_an_erased_person_are_forgotten(events: list[Event], after: int) -> None:
    view = shown(sent(), *events[:after])
    assert view is not None
    assert MESSAGES.persons is not None
    assert MESSAGES.forget is not None
    forgotten = MESSAGES.forget(view, STRANGER)
    assert forgotten is not None
    assert (forgotten.removed, forgotten.name, forgotten.text) == (True, "", "")
    assert MESSAGES.persons(forgotten) == ()
    assert MESSAGES.forget(forgotten, STRANGER) is forgotten


@given(st.sampled_from([(sent(),), (sent(), removed())]))
def test_column_names_whoever_stands_in_the_view(events: tuple[Event, ...]) -> None:
    view = shown(*events)
    assert view is not None
    assert MESSAGES.persons is not None
    author = MESSAGES.row(view)[MESSAGES.person]
    assert tuple(MESSAGES.persons(view)) == (() if author is None else (author,))
