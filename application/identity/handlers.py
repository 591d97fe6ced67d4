"""Which commands accounts and logins decide, and what those who ask are answered."""

from collections.abc import Callable
from typing import Any

import msgspec

from application.handling import Decision, Handler, Handlers, States, no_answer, on_one_stream
from domain.identity import commands as ask
from domain.identity.deciding import ACCOUNT, LOGIN, decide_together


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a command concerned, the account or a part of it, and what became of that."""

    id: str
    status: str


def _user_id(command: Any) -> str:
    user_id: str = command.user_id
    return user_id


def _account(command: Any, states: States) -> Answer:
    return Answer(id=command.user_id, status=states[0].status)


def _session(command: ask.EndSession, _states: States) -> Answer:
    return Answer(id=command.session_id, status="ended")


def _consent(command: ask.GiveConsent | ask.WithdrawConsent, states: States) -> Answer:
    given = command.document in states[0].consents
    return Answer(id=command.document, status="given" if given else "withdrawn")


def _unlinked(command: ask.UnlinkLogin, _states: States) -> Answer:
    return Answer(id=command.login_id, status="unlinked")


def _on_both(
    answer: Callable[[Any, States], msgspec.Struct | None], *, opens: bool = False
) -> Handler:
    def streams(command: ask.LoginCommand) -> tuple[str, ...]:
        return ACCOUNT.stream(command.user_id), LOGIN.stream(command.login_id)

    def decide(states: States, command: ask.LoginCommand) -> Decision:
        return decide_together(states[0], states[1], command)

    return Handler((ACCOUNT, LOGIN), streams, decide, answer, opens)


_ABOUT_THE_ACCOUNT: Handler = on_one_stream(ACCOUNT, _user_id, _account)
_ABOUT_A_CONSENT: Handler = on_one_stream(ACCOUNT, _user_id, _consent)

HANDLERS: Handlers = {
    ask.OpenAccount: on_one_stream(ACCOUNT, _user_id, _account, opens=True),
    ask.RegisterWithLogin: _on_both(_account, opens=True),
    ask.LinkLogin: _on_both(_account),
    ask.UnlinkLogin: _on_both(_unlinked),
    ask.ReleaseLogin: _on_both(no_answer),
    ask.ChangeRoles: _ABOUT_THE_ACCOUNT,
    ask.ReviseProfile: _ABOUT_THE_ACCOUNT,
    ask.GiveConsent: _ABOUT_A_CONSENT,
    ask.WithdrawConsent: _ABOUT_A_CONSENT,
    ask.StartSession: on_one_stream(ACCOUNT, _user_id),
    ask.EndSession: on_one_stream(ACCOUNT, _user_id, _session),
    ask.RequestErasure: _ABOUT_THE_ACCOUNT,
    ask.RecordErasure: on_one_stream(ACCOUNT, _user_id),
}
