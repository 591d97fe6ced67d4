"""Everything held on a person, in one document for them. Spans the contexts: whatever records an
event about somebody is in it, whether it is known here or not."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeGuard

import msgspec

from application.identity.accounts import name_told
from application.identity.ports import Clock, Session, Sessions
from application.ports import EventLog
from application.processes.exported_shopping import (
    ExportedClaim,
    ExportedOrder,
    exported_claims,
    exported_orders,
)
from domain.chat.events import ChatMessageRemoved, ChatMessageSent
from domain.identity import events as fact
from domain.identity.account import Account
from domain.identity.deciding import ACCOUNT
from domain.identity.errors import AccountNotFoundError
from domain.identity.values import AccountKind, ConsentDocument, Provider, Role
from domain.shared import (
    Event,
    Language,
    Market,
    Recorded,
    UndecodableEvent,
    UnknownEvent,
    personal_fields,
)
from domain.streaming.events import LiveStreamScheduled

_PAGE = 500


class ExportedProfile(msgspec.Struct, frozen=True, kw_only=True):
    """`avatar_key` is the picture's in the object store."""

    name: str
    kind: AccountKind
    roles: tuple[Role, ...]
    market: Market
    language: Language
    avatar_key: str | None
    opened_at: datetime


class ExportedIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """A way in, with what its provider said of the person when it was linked."""

    provider: Provider
    name: str | None
    email: str | None
    email_trusted: bool
    linked_at: datetime


class ExportedConsent(msgspec.Struct, frozen=True, kw_only=True):
    """Given, and until now not withdrawn."""

    document: ConsentDocument
    version: str
    language: Language
    given_at: datetime


class ExportedShow(msgspec.Struct, frozen=True, kw_only=True):
    """A show they hosted, as it was announced first. Its events are among the events."""

    id: str
    title: str
    description: str
    announced_at: datetime


class ExportedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What they said in a show's room. `removed`: nobody is shown it any more."""

    id: str
    stream_id: str
    text: str
    sent_at: datetime
    removed: bool


class ExportedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """`data` is the fact without what is personal of others. None: of a type unknown here."""

    position: int
    type: str
    at: datetime
    stream: str
    actor: str
    data: dict[str, Any] | None


class PersonExport(msgspec.Struct, frozen=True, kw_only=True):
    """Complete up to log position `position`; lists are in the order things happened."""

    user_id: str
    exported_at: datetime
    position: int
    profile: ExportedProfile
    identities: tuple[ExportedIdentity, ...]
    consents: tuple[ExportedConsent, ...]
    sessions: tuple[Session, ...]
    shows: tuple[ExportedShow, ...]
    messages: tuple[ExportedMessage, ...]
    claims: tuple[ExportedClaim, ...]
    orders: tuple[ExportedOrder, ...]
    events: tuple[ExportedEvent, ...]

    def __repr__(self) -> str:
        return f"PersonExport(user_id={self.user_id!r}, …)"


class PersonExports:
    def __init__(self, *, log: EventLog, sessions: Sessions, clock: Clock) -> None:
        self._log = log
        self._sessions = sessions
        self._clock = clock

    async def export(self, user_id: str) -> PersonExport:
        """Raises `AccountNotFoundError` unless the account is open."""
        state = (await self._log.load(ACCOUNT, ACCOUNT.stream(user_id))).state
        if state.status != "open":
            raise AccountNotFoundError(user_id=user_id)
        upto = await self._log.head()
        events = await self._events(user_id, upto)
        account = [one for one in events if one.stream == ACCOUNT.stream(user_id)]
        own = {user_id, *_logins(account)}
        return PersonExport(
            user_id=user_id,
            exported_at=self._clock(),
            position=upto,
            profile=_profile(state, account),
            identities=_identities(account),
            consents=_consents(account),
            sessions=tuple(await self._sessions.of_user(user_id)),
            shows=tuple(_show(one, one.event) for one in events if _hosted(one.event, user_id)),
            messages=_messages(events, user_id),
            claims=exported_claims(events, user_id),
            orders=exported_orders(events, user_id),
            events=tuple(_exported(one, own) for one in events),
        )

    async def _events(self, user_id: str, upto: int) -> list[Recorded]:
        """What they did, what names them, and what became of their shows."""
        about = await self._about(user_id, upto)
        found = {one.position: one for one in about}
        for stream in [one.stream for one in about if _hosted(one.event, user_id)]:
            found |= {one.position: one for one in await self._of_stream(stream, upto)}
        return [found[position] for position in sorted(found)]

    async def _about(self, user_id: str, upto: int) -> list[Recorded]:
        """Each page is looked for through the log, and the last one up to its end."""
        found: list[Recorded] = []
        full = True
        while full:
            after = found[-1].position if found else 0
            page = await self._log.read_about(user_id, after, limit=_PAGE, upto=upto)
            found += page
            full = len(page) == _PAGE
        return found

    async def _of_stream(self, stream: str, upto: int) -> list[Recorded]:
        found: list[Recorded] = []
        while page := await self._log.read_stream(
            stream, after_version=len(found), limit=_PAGE, upto=upto
        ):
            found += page
        return found


def _profile(state: Account, account: Sequence[Recorded]) -> ExportedProfile:
    return ExportedProfile(
        name=_name(account),
        kind=state.kind,
        roles=state.roles,
        market=state.market,
        language=state.language,
        avatar_key=state.avatar_key,
        opened_at=account[0].recorded_at,
    )


def _name(account: Sequence[Recorded]) -> str:
    told = (name for recorded in reversed(account) if (name := name_told(recorded.event)))
    return next(told, "")


def _identities(account: Sequence[Recorded]) -> tuple[ExportedIdentity, ...]:
    linked: dict[str, ExportedIdentity] = {}
    for recorded in account:
        event = recorded.event
        if isinstance(event, fact.IdentityLinked):
            linked[event.login_id] = ExportedIdentity(
                provider=event.provider,
                name=event.name,
                email=event.email,
                email_trusted=event.email_trusted,
                linked_at=recorded.recorded_at,
            )
        elif isinstance(event, fact.IdentityUnlinked):
            linked.pop(event.login_id, None)
    return tuple(linked.values())


def _consents(account: Sequence[Recorded]) -> tuple[ExportedConsent, ...]:
    given: dict[ConsentDocument, ExportedConsent] = {}
    for recorded in account:
        event = recorded.event
        if isinstance(event, fact.ConsentGiven):
            given[event.document] = ExportedConsent(
                document=event.document,
                version=event.version,
                language=event.language,
                given_at=recorded.recorded_at,
            )
        elif isinstance(event, fact.ConsentWithdrawn):
            given.pop(event.document, None)
    return tuple(given.values())


def _hosted(event: Event, user_id: str) -> TypeGuard[LiveStreamScheduled]:
    return isinstance(event, LiveStreamScheduled) and event.host_id == user_id


def _show(recorded: Recorded, event: LiveStreamScheduled) -> ExportedShow:
    return ExportedShow(
        id=recorded.entity_id,
        title=event.title,
        description=event.description,
        announced_at=recorded.recorded_at,
    )


def _messages(events: Sequence[Recorded], user_id: str) -> tuple[ExportedMessage, ...]:
    removed = {one.event.message_id for one in events if isinstance(one.event, ChatMessageRemoved)}
    return tuple(
        _message(one, one.event, removed=one.event.message_id in removed)
        for one in events
        if isinstance(one.event, ChatMessageSent) and one.event.user_id == user_id
    )


def _message(recorded: Recorded, event: ChatMessageSent, *, removed: bool) -> ExportedMessage:
    return ExportedMessage(
        id=event.message_id,
        stream_id=recorded.entity_id,
        text=event.text,
        sent_at=event.sent_at,
        removed=removed,
    )


def _logins(account: Sequence[Recorded]) -> Iterator[str]:
    """What their providers said is sealed by login."""
    for recorded in account:
        if isinstance(recorded.event, fact.IdentityLinked):
            yield recorded.event.login_id


def _exported(recorded: Recorded, own: Collection[str]) -> ExportedEvent:
    return ExportedEvent(
        position=recorded.position,
        type=recorded.type,
        at=recorded.recorded_at,
        stream=recorded.stream,
        actor=recorded.actor,
        data=_data(recorded.event, own),
    )


def _data(event: Event, own: Collection[str]) -> dict[str, Any] | None:
    if isinstance(event, UnknownEvent | UndecodableEvent):
        return None
    data: dict[str, Any] = msgspec.to_builtins(event)
    for field, subject in personal_fields(type(event)).items():
        if data[subject] not in own:
            del data[field]
    return data
