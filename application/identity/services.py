"""Puts the identity services together from their ports, and names their jobs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from application.identity.accounts import Accounts
from application.identity.avatars import Avatars
from application.identity.erasing import Erasing
from application.identity.logins import TELL_PROVIDER, Logins, Outside
from application.identity.notices import Leaving, Notices
from application.identity.open_sessions import Lasting, OpenSessions
from application.identity.opening import Opening
from application.identity.ports import (
    Clock,
    IdentityProvider,
    NewId,
    NewSecret,
    NoticeInbox,
    OneTimeStore,
    PersonKeys,
    Pseudonyms,
    ReadNotice,
    Sessions,
    Throttle,
)
from application.identity.profiles import Profiles
from application.identity.signing_in import Once, SigningIn
from application.ports import CommandBus, DerivedId, EventLog, JobQueue, ObjectStore, Vault
from domain.identity.values import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPorts:
    """Everything the identity services need from the outside. `session_life`: how long a session
    lasts without being used."""

    bus: CommandBus
    log: EventLog
    vault: Vault
    jobs: JobQueue
    objects: ObjectStore
    inbox: NoticeInbox
    read_notice: ReadNotice
    providers: Mapping[Provider, IdentityProvider]
    pseudonyms: Pseudonyms
    one_time: OneTimeStore
    sessions: Sessions
    keys: PersonKeys
    throttle: Throttle
    clock: Clock
    new_id: NewId
    new_secret: NewSecret
    derived_id: DerivedId
    session_life: timedelta = timedelta(days=30)


class IdentityServices:
    """The identity context's use cases beyond single commands.

    `opening`: guests and development accounts. `signing_in`: web and native flow. `sessions`:
    refresh, sign out, list, end. `logins`: unlinking. `profiles`: who somebody is, roles.
    `avatars`, `erasing`, `notices`: as they say. Consents, roles given over HTTP and asking for
    erasure are single commands, for the bus.
    """

    def __init__(self, ports: IdentityPorts) -> None:
        accounts = Accounts(
            bus=ports.bus, log=ports.log, clock=ports.clock, derived_id=ports.derived_id
        )
        self.sessions = _sessions(ports, accounts)
        self.opening = Opening(
            accounts=accounts,
            sessions=self.sessions,
            new_id=ports.new_id,
            derived_id=ports.derived_id,
        )
        self.logins = _logins(ports, accounts)
        self.signing_in = SigningIn(
            providers=ports.providers,
            logins=self.logins,
            sessions=self.sessions,
            once=Once(store=ports.one_time, new_secret=ports.new_secret, clock=ports.clock),
        )
        self.avatars = _avatars(ports, accounts)
        self.profiles = Profiles(
            accounts=accounts, avatars=self.avatars, bus=ports.bus, new_id=ports.new_id
        )
        self.erasing = Erasing(
            accounts=accounts,
            open_sessions=self.sessions,
            avatars=self.avatars,
            logins=self.logins,
            keys=ports.keys,
        )
        self.notices = Notices(
            accounts=accounts,
            leaving=Leaving(erasing=self.erasing, logins=self.logins, open_sessions=self.sessions),
            pseudonyms=ports.pseudonyms,
            inbox=ports.inbox,
            read_notice=ports.read_notice,
        )

    def jobs(self) -> Mapping[str, Callable[..., Awaitable[None]]]:
        """The methods that run as jobs, by the jobs' names. Their arguments are all text."""
        return {
            "identity.end_sessions": self.sessions.end_of_provider,
            "identity.erase_person": self.erasing.erase_person,
            "identity.forget_login": self.logins.forget_login,
            "identity.remove_avatars": self.avatars.remove_all,
            "identity.remove_old_avatars": self.avatars.remove_old_avatars,
            "identity.take_notice": self.notices.take_notice,
            TELL_PROVIDER: self.logins.tell_provider,
        }


def _sessions(ports: IdentityPorts, accounts: Accounts) -> OpenSessions:
    return OpenSessions(
        accounts=accounts,
        bus=ports.bus,
        sessions=ports.sessions,
        throttle=ports.throttle,
        lasting=Lasting(unused=ports.session_life, clock=ports.clock, new_id=ports.new_id),
    )


def _avatars(ports: IdentityPorts, accounts: Accounts) -> Avatars:
    return Avatars(accounts=accounts, objects=ports.objects, clock=ports.clock, new_id=ports.new_id)


def _logins(ports: IdentityPorts, accounts: Accounts) -> Logins:
    outside = Outside(
        pseudonyms=ports.pseudonyms,
        providers=ports.providers,
        vault=ports.vault,
        jobs=ports.jobs,
        keys=ports.keys,
    )
    return Logins(accounts=accounts, outside=outside, throttle=ports.throttle, new_id=ports.new_id)
