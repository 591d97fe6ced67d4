"""The facts recorded about people's accounts and logins.

An account's stream is `account-<user id>`, a login's `login-<login id>`. A login id stands for one
person at one provider; which person that is, is known outside the log alone, and can be forgotten.
"""

from typing import Annotated

from domain.identity.values import (
    AccountKind,
    ConsentDocument,
    Platform,
    Provider,
    Role,
    SessionEnd,
    UnlinkReason,
)
from domain.shared import Event, Language, Market, Personal


class AccountOpened(Event, frozen=True, kw_only=True):
    """Somebody came in for the first time. `named`: they or their provider gave the name."""

    tag = "identity.AccountOpened"
    user_id: str
    kind: AccountKind
    name: Annotated[str, Personal("user_id")]
    market: Market
    language: Language
    roles: tuple[Role, ...]
    named: bool = True


class AccountRegistered(Event, frozen=True, kw_only=True):
    """A guest linked a login and is a registered person from now on."""

    tag = "identity.AccountRegistered"
    user_id: str


class IdentityLinked(Event, frozen=True, kw_only=True):
    """The account can be entered with this login. `email_trusted`: the provider vouches for it.

    What the provider said is sealed with a key of the login's own: it goes with the login, while
    the person stays.
    """

    tag = "identity.IdentityLinked"
    user_id: str
    login_id: str
    provider: Provider
    name: Annotated[str | None, Personal("login_id")]
    email: Annotated[str | None, Personal("login_id")]
    email_trusted: bool


class IdentityUnlinked(Event, frozen=True, kw_only=True):
    """The login no longer enters the account. `reason`: who ended it."""

    tag = "identity.IdentityUnlinked"
    user_id: str
    login_id: str
    provider: Provider
    reason: UnlinkReason


class LoginClaimed(Event, frozen=True, kw_only=True):
    """On the login's own stream: it belongs to this account."""

    tag = "identity.LoginClaimed"
    login_id: str
    user_id: str
    provider: Provider


class LoginReleased(Event, frozen=True, kw_only=True):
    """On the login's own stream: it belongs to nobody."""

    tag = "identity.LoginReleased"
    login_id: str
    user_id: str


class RolesChanged(Event, frozen=True, kw_only=True):
    """The roles are now these. Who changed them is the event's actor."""

    tag = "identity.RolesChanged"
    user_id: str
    roles: tuple[Role, ...]


class ProfileRevised(Event, frozen=True, kw_only=True):
    """The profile now reads as given here; a name of None stayed as it was."""

    tag = "identity.ProfileRevised"
    user_id: str
    name: Annotated[str | None, Personal("user_id")]
    market: Market
    language: Language


class AvatarAttached(Event, frozen=True, kw_only=True):
    """The picture in the object store under `key`, which says nothing of the person."""

    tag = "identity.AvatarAttached"
    user_id: str
    key: str


class ConsentGiven(Event, frozen=True, kw_only=True):
    """The person agreed to this version of the document, in the language it was shown in."""

    tag = "identity.ConsentGiven"
    user_id: str
    document: ConsentDocument
    version: str
    language: Language


class ConsentWithdrawn(Event, frozen=True, kw_only=True):
    """The person no longer agrees to the document."""

    tag = "identity.ConsentWithdrawn"
    user_id: str
    document: ConsentDocument


class SessionStarted(Event, frozen=True, kw_only=True):
    """The person signed in; a guest has no `provider`."""

    tag = "identity.SessionStarted"
    user_id: str
    session_id: str
    provider: Provider | None
    platform: Platform


class SessionEnded(Event, frozen=True, kw_only=True):
    """The session gives no more tokens. `reason`: who or what ended it."""

    tag = "identity.SessionEnded"
    user_id: str
    session_id: str
    reason: SessionEnd


class ErasureRequested(Event, frozen=True, kw_only=True):
    """The person asked to be forgotten: nobody gets into the account any more."""

    tag = "identity.ErasureRequested"
    user_id: str


class PersonalDataErased(Event, frozen=True, kw_only=True):
    """The proof: the person's key is destroyed. Holds no personal data; projections forget.

    `subject_key_id` is the id the destroyed key had, `method` how it was destroyed.
    """

    tag = "identity.PersonalDataErased"
    user_id: str
    subject_key_id: str
    method: str


EVENTS: tuple[type[Event], ...] = (
    AccountOpened,
    AccountRegistered,
    IdentityLinked,
    IdentityUnlinked,
    LoginClaimed,
    LoginReleased,
    RolesChanged,
    ProfileRevised,
    AvatarAttached,
    ConsentGiven,
    ConsentWithdrawn,
    SessionStarted,
    SessionEnded,
    ErasureRequested,
    PersonalDataErased,
)
