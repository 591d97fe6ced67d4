"""What people, and those who administer accounts, see of them."""

from functools import reduce
from typing import Any

import msgspec
import pytest

from domain.identity import events as fact
from domain.identity.deciding import ACCOUNT
from domain.identity.events import EVENTS
from domain.shared import Event
from projections.identity.accounts import ACCOUNTS, AccountView, ConsentView, IdentityView
from tests.support.builders import at
from tests.support.people import (
    ERASED,
    ERASING,
    GOOGLE,
    GUEST,
    LINE,
    PERSON,
    REGISTERED,
    SESSION,
    TWO_LOGINS,
    opened,
    recorded,
    unlinked,
)

History = tuple[Event, ...]


def folded(*events: Event) -> AccountView | None:
    """The view after these events, at positions 1, 2, 3 …"""
    view: AccountView | None = None
    for position, event in enumerate(events, start=1):
        if event.tag in ACCOUNTS.types:
            view = ACCOUNTS.fold(view, recorded(event, position=position))
    return view


def seen(*events: Event) -> AccountView:
    view = folded(*events)
    assert view is not None
    return view


def consent(document: Any, version: str) -> fact.ConsentGiven:
    return fact.ConsentGiven(user_id=PERSON, document=document, version=version, language="th")


def test_an_account_is_shown_as_it_was_opened() -> None:
    view = seen(opened())
    assert view == AccountView(
        id=PERSON,
        kind="registered",
        status="open",
        name="Lin Mei",
        market="TW",
        language="zh-TW",
        roles=("viewer",),
        created_at=at(1),
        listed_at=1,
        position=1,
    )


def test_identities_are_in_the_order_they_were_linked() -> None:
    assert seen(*TWO_LOGINS).identities == (
        IdentityView(
            login_id=LINE,
            provider="line",
            name="Lin Mei",
            email="mei@mail.example",
            email_trusted=False,
            linked_at=at(2),
        ),
        IdentityView(
            login_id=GOOGLE,
            provider="google",
            name="Lin Mei",
            email="mei@mail.example",
            email_trusted=False,
            linked_at=at(3),
        ),
    )


def test_an_unlinked_identity_is_gone() -> None:
    view = seen(*TWO_LOGINS, unlinked())
    assert [identity.provider for identity in view.identities] == ["google"]
    assert (view.position, view.listed_at) == (4, 1)


@pytest.mark.parametrize(
    "history",
    [
        GUEST,
        REGISTERED,
        (*GUEST, fact.AccountRegistered(user_id=PERSON)),
        (*TWO_LOGINS, unlinked()),
        (*REGISTERED, fact.RolesChanged(user_id=PERSON, roles=("viewer", "host"))),
        (
            *REGISTERED,
            fact.ProfileRevised(user_id=PERSON, name="Mei", market="TH", language="th"),
        ),
        (*REGISTERED, fact.AvatarAttached(user_id=PERSON, key="a.png")),
        (*REGISTERED, consent("terms", "1"), consent("terms", "2")),
        (
            *REGISTERED,
            consent("terms", "1"),
            fact.ConsentWithdrawn(user_id=PERSON, document="terms"),
        ),
        ERASING,
    ],
)
def test_what_is_shown_is_what_is_decided_on(history: History) -> None:
    state = reduce(ACCOUNT.evolve, history, ACCOUNT.initial)
    view = seen(*history)
    for name in ("kind", "status", "market", "language", "roles", "avatar_key"):
        assert getattr(view, name) == getattr(state, name)
    assert {one.login_id: one.provider for one in view.identities} == state.logins
    assert {one.document: one.version for one in view.consents} == state.consents


def test_a_name_stays_until_it_is_given_anew() -> None:
    moved = fact.ProfileRevised(user_id=PERSON, name=None, market="TH", language="th")
    named = fact.ProfileRevised(user_id=PERSON, name="Mei", market="TH", language="th")
    assert seen(*REGISTERED, moved).name == "Lin Mei"
    assert seen(*REGISTERED, moved, named).name == "Mei"


def test_a_consent_shows_the_version_agreed_to_last() -> None:
    view = seen(opened(), consent("terms", "1"), consent("privacy", "1"), consent("terms", "2"))
    assert view.consents == (
        ConsentView(document="privacy", version="1", language="th", given_at=at(3)),
        ConsentView(document="terms", version="2", language="th", given_at=at(4)),
    )


def test_an_erased_person_is_gone_and_stays_so() -> None:
    late = fact.RolesChanged(user_id=PERSON, roles=("host",))
    assert folded(*ERASED) is None
    assert folded(*ERASED, late, unlinked()) is None


def test_sessions_and_logins_do_not_touch_it() -> None:
    untold = {event.__name__ for event in EVENTS if event.tag not in ACCOUNTS.types}
    assert untold == {"SessionStarted", "SessionEnded", "LoginClaimed", "LoginReleased"}
    started = fact.SessionStarted(user_id=PERSON, session_id=SESSION, provider=None, platform="web")
    assert seen(opened(), started) == seen(opened())


def test_a_view_survives_the_trip_to_its_row_and_back_and_hides_itself_from_logs() -> None:
    view = seen(*TWO_LOGINS, consent("terms", "1"))
    assert msgspec.json.decode(msgspec.json.encode(view), type=AccountView) == view
    assert "Mei" not in repr(view)
