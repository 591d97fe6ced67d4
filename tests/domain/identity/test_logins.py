"""Who comes in by which login: the first to claim it, and nobody else."""

from typing import Any

import pytest

from domain.identity import commands as ask
from domain.identity import errors
from domain.identity.events import AccountRegistered, ProfileRevised
from domain.identity.values import UnlinkReason
from domain.shared import Event
from tests.support.people import (
    ACCOUNT_AND_LOGIN,
    ANOTHER,
    ERASED,
    ERASING,
    GOOGLE,
    GUEST,
    LINE,
    PERSON,
    REGISTERED,
    TWO_LOGINS,
    Both,
    claimed,
    link,
    linked,
    opened,
    register,
    released,
    unlinked,
)
from tests.support.scenario import Scenario

REGISTRATION = AccountRegistered(user_id=PERSON)


def given(*events: Event) -> Scenario[Both]:
    return Scenario(ACCOUNT_AND_LOGIN).given(*events)


def unlink(**changes: Any) -> ask.UnlinkLogin:
    return ask.UnlinkLogin(**{"user_id": PERSON, "login_id": LINE, **changes})


def test_register_opens_an_account_and_claims_the_login() -> None:
    given().when(register()).then(opened(), linked(), claimed())


def test_register_tidies_what_the_provider_says() -> None:
    told = register(name=" Lin\u202e Mei\n", email=" mei@mail.example ")
    given().when(told).then(opened(), linked(), claimed())


@pytest.mark.parametrize("name", [None, "", "\u202e"])
def test_register_names_who_has_no_name_at_the_provider(name: str | None) -> None:
    given().when(register(name=name)).then(
        opened(name="觀眾", named=False), linked(name=None), claimed()
    )


def test_register_refused_when_somebody_was_faster() -> None:
    given(claimed(user_id=ANOTHER)).when(register()).then_refused(errors.LoginTakenError)


def test_register_refused_when_the_login_was_given_up() -> None:
    given(claimed(user_id=ANOTHER), released(user_id=ANOTHER)).when(register()).then_refused(
        errors.IdentityNotFoundError
    )


def test_register_refused_when_the_user_id_is_taken() -> None:
    given(*GUEST).when(register()).then_refused(errors.AccountExistsError)


def test_link_adds_a_way_in() -> None:
    google = {"login_id": GOOGLE, "provider": "google"}
    given(*REGISTERED).when(link(**google)).then(linked(**google), claimed(**google))


def test_link_registers_a_guest_under_the_same_id_and_names_them() -> None:
    named = ProfileRevised(user_id=PERSON, name="Lin Mei", market="TW", language="zh-TW")
    given(*GUEST).when(link()).then(REGISTRATION, named, linked(), claimed())


def test_link_leaves_a_guest_the_name_they_chose() -> None:
    guest = opened(kind="guest", name="Auntie Chen")
    given(guest).when(link()).then(REGISTRATION, linked(), claimed())


def test_link_leaves_a_guest_unnamed_when_the_provider_names_nobody() -> None:
    given(*GUEST).when(link(name=None)).then(REGISTRATION, linked(name=None), claimed())


def test_link_comes_to_nothing_when_repeated() -> None:
    given(*REGISTERED, claimed()).when(link()).then_nothing()


def test_link_refused_when_the_login_is_anothers() -> None:
    given(opened(), claimed(user_id=ANOTHER)).when(link()).then_refused(errors.LoginTakenError)


def test_link_refused_when_the_provider_is_linked() -> None:
    given(*REGISTERED).when(link(login_id=GOOGLE)).then_refused(
        errors.ProviderAlreadyLinkedError, provider="line"
    )


@pytest.mark.parametrize("history", [(), ERASING, ERASED])
def test_link_refused_when_there_is_no_open_account(history: tuple[Event, ...]) -> None:
    given(*history).when(link(login_id=GOOGLE, provider="google")).then_refused(
        errors.AccountNotFoundError
    )


def test_unlink_gives_the_login_up() -> None:
    given(*TWO_LOGINS, claimed()).when(unlink()).then(unlinked(), released())


def test_unlink_refused_when_nobody_comes_in_by_what_would_be_left() -> None:
    instagram = linked(login_id=GOOGLE, provider="instagram")
    given(*REGISTERED, instagram, claimed()).when(unlink()).then_refused(
        errors.LastIdentityError, provider="line"
    )


@pytest.mark.parametrize("reason", ["person", "provider"])
def test_unlink_refused_when_it_is_the_last(reason: UnlinkReason) -> None:
    given(*REGISTERED, claimed()).when(unlink(reason=reason)).then_refused(
        errors.LastIdentityError, provider="line"
    )


def test_unlink_says_when_the_provider_ended_it() -> None:
    given(*TWO_LOGINS, claimed()).when(unlink(reason="provider")).then(
        unlinked(reason="provider"), released()
    )


def test_unlink_refused_when_repeated() -> None:
    given(*TWO_LOGINS, claimed()).when(unlink()).then(unlinked(), released()).when(
        unlink()
    ).then_refused(errors.IdentityNotFoundError)


def test_unlink_leaves_a_login_that_is_anothers_by_now() -> None:
    given(*TWO_LOGINS, claimed(user_id=ANOTHER)).when(unlink()).then(unlinked())


def test_release_frees_the_login_of_who_is_being_erased() -> None:
    release = ask.ReleaseLogin(user_id=PERSON, login_id=LINE)
    given(*ERASING, claimed()).when(release).then(released()).when(release).then_nothing()


def test_release_comes_to_nothing_while_the_account_is_open() -> None:
    given(*REGISTERED, claimed()).when(
        ask.ReleaseLogin(user_id=PERSON, login_id=LINE)
    ).then_nothing()
