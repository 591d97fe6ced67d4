"""Who may say what in a room, and when."""

from typing import Any

import pytest

from domain.chat import errors
from domain.chat.deciding import ROOM
from domain.chat.values import MESSAGE_CHARACTERS
from domain.shared import Event
from domain.text import TextEmptyError, TextTooLongError
from tests.support.builders import HOST, SHOW, at
from tests.support.chatting import (
    ANOTHER,
    CLOSED,
    MODERATOR,
    STAFF,
    banned,
    given,
    muted,
    rules,
    send,
    sent,
    slow,
)
from tests.support.scenario import Scenario

SWINDLE = {"en": ("swindle",)}
TRUSTED = [
    ({"by": HOST}, "host"),
    ({"by": MODERATOR}, "moderator"),
    ({"by": STAFF, "staff": True}, "moderator"),
]


def test_send_is_recorded_as_it_was_said() -> None:
    reply = "0190f3a2-0000-7000-8000-00000000f000"
    given().when(send(reply_to=reply, language="th")).then(sent(reply_to=reply, language="th"))


@pytest.mark.parametrize(
    ("who", "role"), [*TRUSTED, ({}, "viewer"), ({"guest": True}, "guest")], ids=str
)
def test_send_tells_in_what_role_somebody_speaks(who: dict[str, Any], role: str) -> None:
    by = who.get("by", sent().user_id)  # type: ignore[attr-defined]
    stands = role in {"host", "moderator"}
    given().when(send(**who)).then(sent(user_id=by, role=role, stands=stands))


def test_send_cleans_what_is_said() -> None:
    given().when(send(" Is it\n in blue?\u202e\u200b ")).then(sent())


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u200d\u2060", "\u0301\ufe0f", "\u3164"])
def test_send_refused_when_nothing_can_be_seen(text: str) -> None:
    given().when(send(text)).then_refused(TextEmptyError, field="text")


def test_send_refused_when_it_is_too_long() -> None:
    longest = "好" * MESSAGE_CHARACTERS
    given().when(send(longest)).then(sent(longest))
    given().when(send(longest + "好")).then_refused(
        TextTooLongError, field="text", limit=MESSAGE_CHARACTERS
    )


def test_send_refused_when_most_of_it_is_nothing() -> None:
    given().when(send("hello" + "\u200b" * 5000)).then_refused(TextTooLongError)


def test_send_refused_when_the_room_was_never_opened() -> None:
    Scenario(ROOM).when(send()).then_refused(errors.RoomNotFoundError, stream_id=SHOW)


@pytest.mark.parametrize("who", [{}, *(who for who, _ in TRUSTED)], ids=str)
def test_send_refused_when_the_room_is_closed(who: dict[str, Any]) -> None:
    Scenario(ROOM).given(*CLOSED).when(send(**who)).then_refused(errors.RoomClosedError)


def test_send_refused_to_who_is_banned() -> None:
    given(banned()).when(send()).then_refused(errors.BannedError)
    given(banned()).when(send(by=ANOTHER)).then(sent(user_id=ANOTHER))


def test_send_refused_until_a_mute_has_run_out() -> None:
    told = given(muted(60)).when(send(seconds=0.5)).then_refused(errors.MutedError, seconds=60)
    told.when(send(seconds=59.9)).then_refused(errors.MutedError, seconds=1)
    told.when(send(seconds=60)).then(sent(seconds=60))


def test_send_refused_to_a_moderator_who_is_muted() -> None:
    given(muted(user_id=MODERATOR)).when(send(by=MODERATOR)).then_refused(errors.MutedError)


@pytest.mark.parametrize("silenced", [muted(user_id=STAFF), banned(user_id=STAFF)])
def test_send_is_open_to_staff_whatever_moderators_did(silenced: Event) -> None:
    given(silenced).when(send(by=STAFF, staff=True)).then(
        sent(user_id=STAFF, role="moderator", stands=True)
    )


@pytest.mark.parametrize(
    ("allowed", "guest"), [("signed_in", True), ("nobody", True), ("nobody", False)]
)
def test_send_refused_to_who_may_not_chat(allowed: str, guest: bool) -> None:
    told = given(rules(who_may_chat=allowed)).when(send(guest=guest))
    told.then_refused(errors.ChatRestrictedError, who_may_chat=allowed)


def test_send_is_open_to_whom_the_rules_name() -> None:
    given(rules(who_may_chat="signed_in")).when(send()).then(sent())


def test_slow_mode_lets_each_speak_once_in_a_while() -> None:
    talk = given(slow(30)).when(send()).then(sent())
    talk.when(send(seconds=12.5)).then_refused(errors.SlowModeError, seconds=18)
    talk.when(send(seconds=13, by=ANOTHER)).then(sent(seconds=13, user_id=ANOTHER))
    talk.when(send(seconds=29.9)).then_refused(errors.SlowModeError, seconds=1)
    talk.when(send(seconds=30)).then(sent(seconds=30))
    talk.when(send(seconds=31)).then_refused(errors.SlowModeError, seconds=29)


def test_slow_mode_never_holds_back_longer_than_it_says() -> None:
    ahead = sent(seconds=40)  # recorded by a process whose clock is ahead
    given(slow(30), ahead).when(send(seconds=0)).then_refused(errors.SlowModeError, seconds=30)


def test_slow_mode_counts_from_when_it_was_set() -> None:
    given(sent(), slow(30)).when(send(seconds=1)).then(sent(seconds=1))


def test_slow_mode_that_is_shortened_counts_at_once() -> None:
    given(slow(30), sent(), slow(5)).when(send(seconds=6)).then(sent(seconds=6))


def test_slow_mode_forgets_who_may_speak_again() -> None:
    talk = given(slow(30), sent(), sent(seconds=20, user_id=ANOTHER), sent(seconds=31, user_id="c"))
    assert talk.state.spoke_at == {ANOTHER: at(20), "c": at(31)}
    assert talk.given(slow(0)).state.spoke_at == {}


def test_a_message_leaves_the_very_same_state_where_nothing_is_slow() -> None:
    before = given().state
    assert ROOM.evolve(before, sent()) is before


@pytest.mark.parametrize(
    "text", ["What a swindle!", "ＳＷＩＮＤＬＥ", "s w i n d l e", "swin\u200bdle"]
)
def test_send_refused_when_a_word_is_blocked(text: str) -> None:
    told = given(rules(blocked_words=SWINDLE)).when(send(text, language="th"))
    told.then_refused(errors.BlockedWordError)


def test_send_refused_when_links_are_not_allowed() -> None:
    told = given(rules(links_allowed=False)).when(send("See www.example.com"))
    told.then_refused(errors.LinksNotAllowedError)


@pytest.mark.parametrize(("who", "role"), TRUSTED, ids=str)
def test_rules_do_not_bind_host_moderators_and_staff(who: dict[str, Any], role: Any) -> None:
    strict = rules(who_may_chat="nobody", links_allowed=False, blocked_words=SWINDLE)
    said = "No swindle: https://example.com"
    spoken = sent(said, user_id=who["by"], role=role, stands=True)
    talk = given(strict, slow(600)).when(send(said, **who)).then(spoken)
    talk.when(send(said, **who)).then(spoken)


@pytest.mark.parametrize(("text", "stands"), [("A01+2", True), ("How much is A01?", False)])
def test_send_stands_when_it_may_be_a_claim(text: str, stands: bool) -> None:
    given().when(send(text)).then(sent(text, stands=stands))
