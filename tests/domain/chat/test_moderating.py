"""Who may take messages away, silence people, and let others do so."""

from typing import Any

import pytest

from domain.chat import commands as ask
from domain.chat import errors
from domain.chat import events as fact
from domain.chat.deciding import ROOM
from domain.chat.values import BANS_AT_MOST, MODERATORS_AT_MOST, MUTE_SECONDS_AT_MOST
from domain.shared import Command
from tests.support.builders import HOST, SHOW
from tests.support.chatting import (
    ANOTHER,
    CLOSED,
    MESSAGE,
    MODERATOR,
    PEER,
    STAFF,
    VIEWER,
    appoint,
    ban,
    banned,
    change,
    dismiss,
    given,
    mute,
    muted,
    pin,
    pinned,
    remove,
    removed,
    send,
    sent,
    unban,
)
from tests.support.scenario import Scenario

UNPIN = ask.UnpinMessage(stream_id=SHOW, by=MODERATOR)
UNPINNED = fact.MessageUnpinned(message_id=MESSAGE, by=MODERATOR)
BY_STAFF = {"by": STAFF, "staff": True}


@pytest.mark.parametrize(
    "who", [{"by": MODERATOR}, {"by": HOST}, {"by": VIEWER}, BY_STAFF], ids=str
)
def test_remove_is_for_moderators_and_who_said_it(who: dict[str, Any]) -> None:
    given().when(remove(**who)).then(removed(by=who["by"])).when(remove()).then_nothing()


def test_remove_refused_to_others() -> None:
    given().when(remove(by=ANOTHER)).then_refused(errors.NotAModeratorError)


@pytest.mark.parametrize("author", [HOST, PEER])
def test_remove_refused_to_moderators_among_themselves(author: str) -> None:
    given().when(remove(user_id=author)).then_refused(errors.CannotModerateError)
    by_host = removed(user_id=author, by=HOST)
    given().when(remove(user_id=author, by=HOST)).then(by_host)
    by_staff = removed(user_id=author, by=STAFF)
    given().when(remove(user_id=author, **BY_STAFF)).then(by_staff)


def test_remove_takes_down_what_is_pinned() -> None:
    gone = given(pinned()).when(remove()).then(UNPINNED, removed())
    assert gone.state.pinned is None


def test_remove_goes_on_after_the_end() -> None:
    Scenario(ROOM).given(*CLOSED).when(remove()).then(removed())


def test_mute_holds_until_its_time() -> None:
    given().when(mute(60)).then(muted(60)).when(mute(60)).then_nothing()


def test_mute_can_be_changed_and_ended() -> None:
    changed = given(muted(60)).when(mute(600)).then(muted(600))
    ended = changed.when(mute(0)).then(muted(0)).when(mute(0)).then_nothing()
    ended.when(send()).then(sent())


def test_mute_of_nobody_ends_nothing() -> None:
    given(muted(-1)).when(mute(0)).then_nothing()


@pytest.mark.parametrize("seconds", [-1, MUTE_SECONDS_AT_MOST + 1])
def test_mute_refused_when_it_is_out_of_range(seconds: int) -> None:
    given().when(mute(seconds)).then_refused(
        errors.OutOfRangeError, field="seconds", least=0, most=MUTE_SECONDS_AT_MOST
    )


def test_ban_shuts_out_and_unban_lets_in() -> None:
    out = given().when(ban()).then(banned()).when(ban()).then_nothing()
    let_in = fact.ViewerUnbanned(user_id=VIEWER, by=MODERATOR)
    out.when(unban()).then(let_in).when(unban()).then_nothing()


def test_ban_of_a_moderator_dismisses_them() -> None:
    dismissed = fact.ModeratorDismissed(user_id=PEER, by=HOST)
    given().when(ban(user_id=PEER, by=HOST)).then(dismissed, banned(user_id=PEER, by=HOST))


def test_ban_refused_when_there_are_too_many() -> None:
    full = given(*(banned(user_id=str(number)) for number in range(BANS_AT_MOST)))
    full.when(ban()).then_refused(errors.TooManyError, field="bans", limit=BANS_AT_MOST)
    full.when(ban(user_id="0")).then_nothing()


@pytest.mark.parametrize("asked", [mute, ban, unban])
@pytest.mark.parametrize(
    "who",
    [
        {"by": MODERATOR, "user_id": HOST},
        {"by": MODERATOR, "user_id": PEER},
        {"by": MODERATOR, "user_id": MODERATOR},
        {"by": HOST, "user_id": HOST},
        {**BY_STAFF, "user_id": HOST},
        {**BY_STAFF, "user_id": STAFF},
    ],
    ids=str,
)
def test_some_cannot_be_moderated(asked: Any, who: dict[str, Any]) -> None:
    given().when(asked(**who)).then_refused(errors.CannotModerateError)


@pytest.mark.parametrize("who", [{"by": HOST}, BY_STAFF], ids=str)
def test_host_and_staff_moderate_moderators(who: dict[str, Any]) -> None:
    silenced = muted(user_id=PEER, by=who["by"])
    given().when(mute(user_id=PEER, **who)).then(silenced)


def test_pin_takes_the_place_of_another() -> None:
    other = "0190f3a2-0000-7000-8000-00000000f002"
    first = given().when(pin()).then(pinned()).when(pin()).then_nothing()
    second = first.when(pin(message_id=other)).then(pinned(message_id=other))
    assert second.state.pinned == other


def test_pin_refused_when_the_message_was_removed() -> None:
    given(removed()).when(pin()).then_refused(errors.MessageNotFoundError, message_id=MESSAGE)


def test_unpin_takes_down_what_is_pinned() -> None:
    given(pinned()).when(UNPIN).then(UNPINNED).when(UNPIN).then_nothing()


def test_appoint_is_the_host_s_and_lets_somebody_moderate() -> None:
    appointed = fact.ModeratorAppointed(user_id=VIEWER, by=HOST)
    now = given().when(appoint()).then(appointed).when(appoint()).then_nothing()
    now.when(ban(by=VIEWER, user_id=ANOTHER)).then(banned(by=VIEWER, user_id=ANOTHER))


def test_appoint_lets_in_who_was_banned() -> None:
    let_in = fact.ViewerUnbanned(user_id=VIEWER, by=HOST)
    appointed = fact.ModeratorAppointed(user_id=VIEWER, by=HOST)
    given(banned()).when(appoint()).then(let_in, appointed)


def test_appoint_of_the_host_comes_to_nothing() -> None:
    given().when(appoint(HOST)).then_nothing()


def test_appoint_refused_when_there_are_too_many() -> None:
    appointed = [
        fact.ModeratorAppointed(user_id=str(number), by=HOST)
        for number in range(MODERATORS_AT_MOST - 2)
    ]
    given(*appointed).when(appoint()).then_refused(
        errors.TooManyError, field="moderators", limit=MODERATORS_AT_MOST
    )


def test_dismiss_ends_somebody_s_moderating() -> None:
    gone = given().when(dismiss()).then(fact.ModeratorDismissed(user_id=MODERATOR, by=HOST))
    gone.when(dismiss()).then_nothing().when(ban()).then_refused(errors.NotAModeratorError)


@pytest.mark.parametrize("command", [appoint(by=MODERATOR), dismiss(by=MODERATOR)])
def test_moderators_do_not_choose_one_another(command: Command) -> None:
    given().when(command).then_refused(errors.NotTheHostOfTheRoomError)


def test_admins_appoint_as_the_host_does() -> None:
    given().when(appoint(by=STAFF, as_admin=True)).then(
        fact.ModeratorAppointed(user_id=VIEWER, by=STAFF)
    )


@pytest.mark.parametrize(
    "command",
    [
        mute(by=VIEWER, user_id=ANOTHER),
        ban(by=VIEWER, user_id=ANOTHER),
        unban(by=VIEWER, user_id=ANOTHER),
        change(by=VIEWER, slow_mode_seconds=5),
        pin(by=VIEWER),
        ask.UnpinMessage(stream_id=SHOW, by=VIEWER),
    ],
    ids=lambda command: type(command).__name__,
)
def test_viewers_moderate_nothing(command: Command) -> None:
    given().when(command).then_refused(errors.NotAModeratorError)


@pytest.mark.parametrize(
    "command",
    [mute(), ban(), unban(), change(slow_mode_seconds=5), pin(), UNPIN, appoint(), dismiss()],
    ids=lambda command: type(command).__name__,
)
def test_nothing_is_moderated_where_nothing_goes_on(command: Command) -> None:
    Scenario(ROOM).when(command).then_refused(errors.RoomNotFoundError, stream_id=SHOW)
    Scenario(ROOM).given(*CLOSED).when(command).then_refused(errors.RoomClosedError)
