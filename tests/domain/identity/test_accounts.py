"""What people, admins and our own jobs may do with an account."""

from typing import Any

import pytest

from domain.identity import commands as ask
from domain.identity import errors
from domain.identity import events as fact
from domain.identity.account import Account
from domain.identity.deciding import ACCOUNT
from domain.identity.values import NAME_CHARACTERS, UNNAMED
from domain.shared import Command, Event
from domain.text import TextEmptyError, TextTooLongError
from tests.support.people import (
    ADMIN,
    ERASED,
    ERASING,
    GUEST,
    PERSON,
    REGISTERED,
    SESSION,
    opened,
)
from tests.support.scenario import Scenario

ERASURE = fact.PersonalDataErased(user_id=PERSON, subject_key_id=PERSON, method="key_destroyed")
PICTURE = f"media/{PERSON}/avatars/1.png"


def given(*events: Event) -> Scenario[Account]:
    return Scenario(ACCOUNT).given(*events)


def open_account(**changes: Any) -> ask.OpenAccount:
    wanted: dict[str, Any] = {
        "user_id": PERSON,
        "kind": "guest",
        "name": "Lin Mei",
        "market": "TW",
        "language": "zh-TW",
        "roles": ("viewer",),
    }
    return ask.OpenAccount(**{**wanted, **changes})


def roles(*wanted: Any, by: str = ADMIN) -> ask.ChangeRoles:
    return ask.ChangeRoles(user_id=PERSON, roles=wanted, by=by)


def roles_changed(*now: Any) -> fact.RolesChanged:
    return fact.RolesChanged(user_id=PERSON, roles=now)


def revised(**changes: Any) -> fact.ProfileRevised:
    told = {"user_id": PERSON, "name": None, "market": "TW", "language": "zh-TW"}
    return fact.ProfileRevised(**{**told, **changes})


def test_open_lets_a_guest_in() -> None:
    given().when(open_account()).then(opened(kind="guest"))


@pytest.mark.parametrize("language", UNNAMED)
def test_open_names_who_gave_no_name_in_their_language(language: Any) -> None:
    given().when(open_account(name=None, language=language)).then(
        opened(kind="guest", name=UNNAMED[language], language=language, named=False)
    )


def test_open_puts_roles_in_order_and_each_once() -> None:
    wanted = ("host", "viewer", "host")
    given().when(open_account(kind="registered", roles=wanted)).then(
        opened(roles=("viewer", "host"))
    )


def test_open_refused_when_a_guest_wants_a_role() -> None:
    given().when(open_account(roles=("host",))).then_refused(errors.RoleNeedsRegistrationError)


def test_open_refused_when_the_account_exists() -> None:
    given(*GUEST).when(open_account()).then_refused(errors.AccountExistsError)


@pytest.mark.parametrize(
    ("name", "refusal"), [(" ", TextEmptyError), ("美" * (NAME_CHARACTERS + 1), TextTooLongError)]
)
def test_open_refused_when_the_name_cannot_be_had(name: str, refusal: Any) -> None:
    given().when(open_account(name=name)).then_refused(refusal, field="name")


def test_roles_are_changed_by_an_admin() -> None:
    given(*REGISTERED).when(roles("host", "viewer")).then(roles_changed("viewer", "host"))


def test_roles_come_to_nothing_when_they_are_held_already() -> None:
    given(*REGISTERED).when(roles("viewer")).then_nothing()


def test_roles_may_all_be_taken() -> None:
    given(*REGISTERED).when(roles()).then(roles_changed())


def test_roles_refused_to_a_guest() -> None:
    given(*GUEST).when(roles("viewer", "host")).then_refused(errors.RoleNeedsRegistrationError)


def test_roles_refused_when_an_admin_drops_their_own() -> None:
    admin = opened(roles=("viewer", "admin"))
    given(admin).when(roles("viewer", by=PERSON)).then_refused(errors.OwnAdminRoleError)
    given(admin).when(roles("viewer", by=ADMIN)).then(roles_changed("viewer"))


def test_revise_changes_what_is_given() -> None:
    revise = ask.ReviseProfile(user_id=PERSON, name=" Mei ", language="ja")
    given(*REGISTERED).when(revise).then(revised(name="Mei", language="ja"))


def test_revise_comes_to_nothing_when_it_changes_nothing() -> None:
    given(*REGISTERED).when(ask.ReviseProfile(user_id=PERSON, market="TW")).then_nothing()


def test_revise_is_open_to_guests() -> None:
    given(*GUEST).when(ask.ReviseProfile(user_id=PERSON, market="TH")).then(revised(market="TH"))


def test_avatar_is_attached_once() -> None:
    attach = ask.ReviseProfile(user_id=PERSON, avatar_key=PICTURE)
    attached = fact.AvatarAttached(user_id=PERSON, key=PICTURE)
    given(*REGISTERED).when(attach).then(attached).when(attach).then_nothing()


def test_name_and_avatar_change_together() -> None:
    both = ask.ReviseProfile(user_id=PERSON, name="Mei", avatar_key=PICTURE)
    attached = fact.AvatarAttached(user_id=PERSON, key=PICTURE)
    given(*REGISTERED).when(both).then(revised(name="Mei"), attached)


def test_avatar_refused_to_a_guest() -> None:
    given(*GUEST).when(ask.ReviseProfile(user_id=PERSON, avatar_key=PICTURE)).then_refused(
        errors.GuestForbiddenError
    )


def test_consent_is_given_to_a_version_and_withdrawn() -> None:
    give = ask.GiveConsent(user_id=PERSON, document="terms", version="2026-11", language="th")
    gave = fact.ConsentGiven(user_id=PERSON, document="terms", version="2026-11", language="th")
    withdraw = ask.WithdrawConsent(user_id=PERSON, document="terms")
    withdrew = fact.ConsentWithdrawn(user_id=PERSON, document="terms")
    consenting = given(*GUEST).when(give).then(gave).when(give).then_nothing()
    consenting.when(withdraw).then(withdrew).when(withdraw).then_nothing()
    consenting.when(give).then(gave)


def test_consent_to_a_later_version_is_given_anew() -> None:
    gave = fact.ConsentGiven(user_id=PERSON, document="terms", version="1", language="th")
    later = ask.GiveConsent(user_id=PERSON, document="terms", version="2", language="th")
    given(*REGISTERED, gave).when(later).then(
        fact.ConsentGiven(user_id=PERSON, document="terms", version="2", language="th")
    )


def test_session_starts_and_ends() -> None:
    start = ask.StartSession(user_id=PERSON, session_id=SESSION, provider="line", platform="ios")
    end = ask.EndSession(user_id=PERSON, session_id=SESSION, reason="signed_out")
    given(*REGISTERED).when(start).then(
        fact.SessionStarted(user_id=PERSON, session_id=SESSION, provider="line", platform="ios")
    ).when(end).then(fact.SessionEnded(user_id=PERSON, session_id=SESSION, reason="signed_out"))


def test_session_end_refused_when_none_was_under_way() -> None:
    end = ask.EndSession(
        user_id=PERSON, session_id=SESSION, reason="ended_by_person", under_way=False
    )
    given(*REGISTERED).when(end).then_refused(errors.SessionNotFoundError)


def test_sessions_still_end_while_the_person_is_erased() -> None:
    end = ask.EndSession(user_id=PERSON, session_id=SESSION, reason="erased")
    given(*ERASING).when(end).then(
        fact.SessionEnded(user_id=PERSON, session_id=SESSION, reason="erased")
    )
    given(*ERASED).when(end).then_refused(errors.AccountNotFoundError)


def test_erasure_is_requested_once_and_recorded_once() -> None:
    request = ask.RequestErasure(user_id=PERSON)
    record = ask.RecordErasure(user_id=PERSON, subject_key_id=PERSON, method="key_destroyed")
    erasing = given(*REGISTERED).when(request).then(fact.ErasureRequested(user_id=PERSON))
    erased = erasing.when(request).then_nothing().when(record).then(ERASURE)
    erased.when(record).then_nothing().when(request).then_nothing()


def test_erasure_refused_when_there_never_was_an_account() -> None:
    given().when(ask.RequestErasure(user_id=PERSON)).then_refused(errors.AccountNotFoundError)


def test_nothing_is_left_in_the_state_of_who_was_erased() -> None:
    assert given(*ERASED).state == Account(status="erased")


@pytest.mark.parametrize("history", [(), ERASING, ERASED], ids=["unknown", "erasing", "erased"])
@pytest.mark.parametrize(
    "command",
    [
        roles("host"),
        ask.ReviseProfile(user_id=PERSON, name="Mei"),
        ask.ReviseProfile(user_id=PERSON, avatar_key=PICTURE),
        ask.GiveConsent(user_id=PERSON, document="terms", version="1", language="en"),
        ask.WithdrawConsent(user_id=PERSON, document="terms"),
        ask.StartSession(user_id=PERSON, session_id=SESSION, provider=None, platform="web"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_is_done_with_an_account_that_is_not_open(
    history: tuple[Event, ...], command: Command
) -> None:
    given(*history).when(command).then_refused(errors.AccountNotFoundError, user_id=PERSON)
