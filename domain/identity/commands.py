"""What can be asked of accounts and logins: by people, and by our own services for them.

Commands carry personal data in memory only: what is stored of them is their fingerprint.
"""

from msgspec import UNSET, UnsetType

from domain.identity.values import (
    AccountKind,
    ConsentDocument,
    Platform,
    Provider,
    Role,
    SessionEnd,
    UnlinkReason,
)
from domain.shared import Command, Language, Market


class OpenAccount(Command, frozen=True, kw_only=True):
    """Opens an account without a login: a guest's, or one for development. `user_id` is new."""

    user_id: str
    kind: AccountKind
    name: str | None
    market: Market
    language: Language
    roles: tuple[Role, ...] = ()


class LoginCommand(Command, frozen=True, kw_only=True):
    """About an account and a login at once: both streams are decided together."""

    user_id: str
    login_id: str


class RegisterWithLogin(LoginCommand, frozen=True, kw_only=True):
    """Opens an account for somebody who came in by a login that nobody owns. `user_id` is new."""

    provider: Provider
    name: str | None
    email: str | None
    email_trusted: bool
    market: Market
    language: Language


class LinkLogin(LoginCommand, frozen=True, kw_only=True):
    """A signed-in person adds a way in. A guest is registered by it."""

    provider: Provider
    name: str | None
    email: str | None
    email_trusted: bool


class UnlinkLogin(LoginCommand, frozen=True, kw_only=True):
    """Takes a way in away; the last one stays, whoever asks."""

    reason: UnlinkReason = "person"


class ReleaseLogin(LoginCommand, frozen=True, kw_only=True):
    """Frees the login of an account that is being erased."""


class AccountCommand(Command, frozen=True, kw_only=True):
    """About an account that exists."""

    user_id: str


class ChangeRoles(AccountCommand, frozen=True, kw_only=True):
    """Gives and takes roles. `by` is the admin's user id, empty when we do it ourselves."""

    roles: tuple[Role, ...]
    by: str = ""


class ReviseProfile(AccountCommand, frozen=True, kw_only=True):
    """Changes the profile; what is left unset stays. `avatar_key` is of an uploaded and checked
    picture."""

    name: str | UnsetType = UNSET
    market: Market | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    avatar_key: str | UnsetType = UNSET


class GiveConsent(AccountCommand, frozen=True, kw_only=True):
    """The person agrees to a version of a document, as it was shown in `language`."""

    document: ConsentDocument
    version: str
    language: Language


class WithdrawConsent(AccountCommand, frozen=True, kw_only=True):
    """The person no longer agrees to the document."""

    document: ConsentDocument


class StartSession(AccountCommand, frozen=True, kw_only=True):
    """A device is signed in. A guest has no `provider`."""

    session_id: str
    provider: Provider | None
    platform: Platform


class EndSession(AccountCommand, frozen=True, kw_only=True):
    """The session is over. Whether it was under way, who asks has looked up."""

    session_id: str
    reason: SessionEnd
    under_way: bool = True


class RequestErasure(AccountCommand, frozen=True, kw_only=True):
    """The person asks to be forgotten. Repeating it changes nothing."""


class RecordErasure(AccountCommand, frozen=True, kw_only=True):
    """Our own job's word that the person's key is gone."""

    subject_key_id: str
    method: str
