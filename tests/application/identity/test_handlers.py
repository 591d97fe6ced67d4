"""Every command of identity finds who decides it, and answers what was asked for."""

from typing import Any

import pytest

from application.identity.handlers import HANDLERS, Answer
from domain.identity import commands as ask
from domain.identity.account import Account, Login
from domain.identity.deciding import DECISIONS, SHARED_DECISIONS
from domain.shared import Command
from tests.support.people import LINE, PERSON, SESSION, link, register

ACCOUNT_STREAM, LOGIN_STREAM = f"account-{PERSON}", f"login-{LINE}"


def test_every_command_has_a_handler() -> None:
    assert set(HANDLERS) == {*DECISIONS, *SHARED_DECISIONS}


@pytest.mark.parametrize(
    ("command", "streams"),
    [
        (ask.RequestErasure(user_id=PERSON), (ACCOUNT_STREAM,)),
        (register(), (ACCOUNT_STREAM, LOGIN_STREAM)),
        (link(), (ACCOUNT_STREAM, LOGIN_STREAM)),
        (ask.UnlinkLogin(user_id=PERSON, login_id=LINE), (ACCOUNT_STREAM, LOGIN_STREAM)),
        (ask.ReleaseLogin(user_id=PERSON, login_id=LINE), (ACCOUNT_STREAM, LOGIN_STREAM)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_command_is_decided_on_what_it_concerns(
    command: Command, streams: tuple[str, ...]
) -> None:
    handler = HANDLERS[type(command)]
    assert handler.streams(command) == streams
    assert len(handler.deciders) == len(streams)


@pytest.mark.parametrize(
    ("command", "states", "answer"),
    [
        (register(), (Account(status="open"), Login()), Answer(id=PERSON, status="open")),
        (
            ask.RequestErasure(user_id=PERSON),
            (Account(status="erasing"),),
            Answer(id=PERSON, status="erasing"),
        ),
        (
            ask.UnlinkLogin(user_id=PERSON, login_id=LINE),
            (Account(), Login()),
            Answer(id=LINE, status="unlinked"),
        ),
        (
            ask.EndSession(user_id=PERSON, session_id=SESSION, reason="signed_out"),
            (Account(),),
            Answer(id=SESSION, status="ended"),
        ),
        (
            ask.WithdrawConsent(user_id=PERSON, document="terms"),
            (Account(),),
            Answer(id="terms", status="withdrawn"),
        ),
        (ask.ReleaseLogin(user_id=PERSON, login_id=LINE), (Account(), Login()), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_command_is_answered_with_what_became_of_it(
    command: Command, states: tuple[Any, ...], answer: Answer | None
) -> None:
    assert HANDLERS[type(command)].answer(command, states) == answer
