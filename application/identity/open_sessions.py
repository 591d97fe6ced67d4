"""Signed-in devices: started, refreshed, listed and ended. The log says when; tokens stay out."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from application.identity.accounts import Accounts, Person, themselves
from application.identity.ports import (
    Clock,
    NewId,
    RefreshRefused,
    RefreshReplayed,
    Session,
    Sessions,
    Throttle,
)
from application.ports import CommandBus, Dispatch, Outcome
from domain.identity.commands import EndSession, StartSession
from domain.identity.errors import AccountNotFoundError
from domain.identity.values import Platform, Provider, SessionEnd


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, in which session. `position`: what it came to can be read from there.

    `refresh_token` is secret and shown to the device alone.
    """

    person: Person
    session: Session
    refresh_token: str
    position: int

    def __repr__(self) -> str:
        return f"SignedIn(person={self.person!r}, …)"


class Lasting(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session lasts without being used, and the clock and ids it is started by."""

    unused: timedelta
    clock: Clock
    new_id: NewId


class OpenSessions:
    def __init__(
        self,
        *,
        accounts: Accounts,
        bus: CommandBus,
        sessions: Sessions,
        throttle: Throttle,
        lasting: Lasting,
    ) -> None:
        self._accounts = accounts
        self._bus = bus
        self._sessions = sessions
        self._throttle = throttle
        self._lasting = lasting

    async def start(self, user_id: str, provider: Provider | None, platform: Platform) -> SignedIn:
        """Raises `AccountNotFoundError` unless the account is open and, when it is done, still has
        a login of the provider."""
        now = self._lasting.clock()
        session = Session(
            session_id=self._lasting.new_id(),
            user_id=user_id,
            provider=provider,
            platform=platform,
            started_at=now,
            used_at=now,
            expires_at=now + self._lasting.unused,
        )
        await self._accounts.ask(
            _started(session), actor=themselves(user_id), once=session.session_id
        )
        person = await self._accounts.person(user_id)
        refresh_token = await self._sessions.start(session)
        await self._refuse_too_late(session)
        return SignedIn(
            person=person,
            session=session,
            refresh_token=refresh_token,
            position=person.position,
        )

    async def refresh(self, refresh_token: str) -> SignedIn:
        """Rotates the token. Raises `RefreshRefused`, `RefreshReplayed` and `TooManyAttempts`.

        All that can fail without the token's being spent comes first: once it is, a client that
        got no answer has nothing left to come back with.
        """
        known = await self._sessions.find(refresh_token)
        if known is None:
            raise RefreshRefused("unknown")
        await self._throttle("refresh", known.user_id)
        try:
            person = await self._accounts.person(known.user_id)
        except AccountNotFoundError:
            await self._end_of_leaver(known, "erased")
            raise RefreshRefused("account_not_open") from None
        session, following = await self._rotated(refresh_token)
        return SignedIn(
            person=person, session=session, refresh_token=following, position=person.position
        )

    async def sign_out(self, refresh_token: str) -> None:
        """Ends the session the token is of. One that is not, or no longer, good is no error."""
        session = await self._sessions.find(refresh_token)
        if session is not None:
            await self._end(session, "signed_out")

    async def of_user(self, user_id: str) -> Sequence[Session]:
        """Those that can still be used, the latest first."""
        return await self._sessions.of_user(user_id)

    async def end(self, dispatch: Dispatch, command: EndSession) -> Outcome:
        """Executes `dispatch`, whose command is `command`, then ends the session.

        Under the same id as whatever else ends the session: it is recorded once, and one that is
        over is answered as ended. Raises `SessionNotFoundError` for what never was theirs.
        """
        theirs = await self._sessions.of_user(command.user_id)
        found = any(session.session_id == command.session_id for session in theirs)
        command_id, fingerprint = self._accounts.identity(command, once=command.session_id)
        outcome = await self._bus.execute(
            replace(
                dispatch,
                command=replace(command, under_way=found),
                command_id=command_id,
                fingerprint=fingerprint,
            )
        )
        await self._sessions.end(command.user_id, command.session_id)
        return outcome

    async def end_of_provider(self, user_id: str, provider: Provider, upto: str = "") -> None:
        """Ends the sessions they came into by this provider, up to a time (ISO 8601, UTC) if one
        is given. Repeatable."""
        last = datetime.fromisoformat(upto) if upto else self._lasting.clock()
        for session in await self._sessions.of_user(user_id):
            if session.provider == provider and session.started_at <= last:
                await self._end(session, "unlinked")

    async def forget(self, user_id: str) -> None:
        """Ends all sessions of somebody who is being erased, and leaves no trace. Repeatable."""
        for session in await self._sessions.of_user(user_id):
            await self._end(session, "erased")
        await self._sessions.forget(user_id)

    async def _refuse_too_late(self, session: Session) -> None:
        """Whoever leaves, or gives the login up, ends the sessions there are then: this one may
        not have been among them."""
        state = (await self._accounts.load(session.user_id)).state
        if state.status == "open" and session.provider in {None, *state.logins.values()}:
            return
        await self._end_of_leaver(session, "unlinked" if state.status == "open" else "erased")
        raise AccountNotFoundError(user_id=session.user_id)

    async def _end_of_leaver(self, session: Session, reason: SessionEnd) -> None:
        """Once somebody is erased, nothing more is recorded of them."""
        with suppress(AccountNotFoundError):
            await self._record_end(session, reason)
        await self._sessions.end(session.user_id, session.session_id)

    async def _rotated(self, refresh_token: str) -> tuple[Session, str]:
        try:
            return await self._sessions.rotate(refresh_token)
        except RefreshReplayed as replayed:
            await self._end(replayed.session, "replayed")
            raise

    async def _end(self, session: Session, reason: SessionEnd) -> None:
        """In this order: should it break off in between, the repeat still finds the session."""
        await self._record_end(session, reason)
        await self._sessions.end(session.user_id, session.session_id)

    async def _record_end(self, session: Session, reason: SessionEnd) -> None:
        user_id, session_id = session.user_id, session.session_id
        ended = EndSession(user_id=user_id, session_id=session_id, reason=reason)
        await self._accounts.ask(ended, actor=themselves(user_id), once=session_id)


def _started(session: Session) -> StartSession:
    return StartSession(
        user_id=session.user_id,
        session_id=session.session_id,
        provider=session.provider,
        platform=session.platform,
    )
