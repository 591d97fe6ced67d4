"""What identity needs from the outside, as roles. Adapters stand in infrastructure."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from domain.identity.values import Platform, Provider
from domain.shared import Language, Market

Clock = Callable[[], datetime]
NewId = Callable[[], str]
NewSecret = Callable[[], str]  # 64 hexadecimal digits nobody can guess


class SignInRefused(Exception):
    """The provider's word does not prove who this is. Tells the caller nothing of why;
    `reason` is for our logs and metrics, a fixed word that holds no personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignInCancelled(Exception):
    """The person said no at the provider's, or closed its page."""


class ProviderNotAvailable(Exception):
    """This way in is not offered; `reason` is a stable code clients have words for."""

    def __init__(self, provider: Provider, reason: str) -> None:
        super().__init__(reason)
        self.provider = provider
        self.reason = reason


class AuthorizationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is sent to the provider with. `redirect_uri` is our callback's address."""

    state: str
    nonce: str
    code_challenge: str
    redirect_uri: str
    language: Language

    def __repr__(self) -> str:
        return "AuthorizationRequest(…)"


class AuthorizationCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a person comes back from the provider with, and what they were sent with.

    `person` is what Apple posts the first time only: the name, as JSON text.
    """

    code: str
    code_verifier: str
    nonce: str
    redirect_uri: str
    person: str | None = None

    def __repr__(self) -> str:
        return "AuthorizationCode(…)"


class NativeProof(msgspec.Struct, frozen=True, kw_only=True):
    """What an app got from the provider's own SDK. `nonce` is the raw one the app chose.

    `code` is Apple's authorization code, which alone brings a token that can be revoked; `name`
    what Apple told the app, the first time only.
    """

    platform: Platform
    id_token: str | None = None
    access_token: str | None = None
    nonce: str | None = None
    code: str | None = None
    name: str | None = None

    def __repr__(self) -> str:
        return "NativeProof(…)"


class ExternalPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the provider vouches for. `subject` is its id of them, never an address.

    `email_trusted`: the provider is the authority on that address. `revocation` is secret: what
    `IdentityProvider.revoke` needs to tell the provider that the person left.
    `token_id` tells this proof from every other, so that it is taken once.
    """

    provider: Provider
    subject: str
    name: str | None
    email: str | None
    email_trusted: bool
    revocation: bytes | None = None
    token_id: str | None = None
    token_expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"ExternalPerson(provider={self.provider!r}, …)"


class IdentityProvider(Protocol):
    """One way in. Methods raise `SignInRefused` for what proves nothing, `ProviderNotAvailable`,
    and `application.ports.ProviderUnavailable` where the provider does not answer."""

    provider: Provider

    def unavailable(self, market: Market, *, host: bool) -> str | None:
        """Why it is not offered, as a stable code; None: it is. `host`: to one who sells."""
        ...

    def authorization_url(self, request: AuthorizationRequest) -> str: ...

    async def redeem(self, code: AuthorizationCode) -> ExternalPerson:
        """The web flow."""
        ...

    async def verify(self, proof: NativeProof) -> ExternalPerson:
        """The native flow."""
        ...

    async def revoke(self, revocation: bytes) -> None:
        """Tells the provider the person left. Already gone counts as done.

        Raises `application.ports.ProviderError`.
        """
        ...


class ProviderNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider tells us of a person by itself.

    `kind`: "unlinked" (they took our permission back) or "deleted" (they want their data gone,
    or have left the provider). `notice_id` is the same for repeats of the same notice.
    """

    provider: Provider
    subject: str
    kind: str
    notice_id: str

    def __repr__(self) -> str:
        return f"ProviderNotice(provider={self.provider!r}, kind={self.kind!r}, …)"


class ReadNotice(Protocol):
    """Reads the body of a verified webhook from `source`.

    Raises `ValueError` when it is not what the provider sends.
    """

    def __call__(self, source: str, body: bytes, /) -> ProviderNotice: ...


class StoredNotice(Protocol):
    @property
    def source(self) -> str: ...

    @property
    def body(self) -> bytes: ...

    @property
    def status(self) -> str:
        """`done` once it has been taken."""
        ...


class NoticeInbox(Protocol):
    """Webhooks as they came in. Their bodies name a person, so they go when they are done."""

    async def get(self, webhook_id: str, /) -> StoredNotice | None: ...

    async def mark_failed(self, webhook_id: str, error: str, /) -> None: ...

    async def conclude(self, webhook_id: str, outcome: str, /) -> None:
        """It is done, and `outcome`, a fixed word, takes the body's place. That it came stays
        known, so that a repeat is told from a new one."""
        ...


class TooManyAttempts(Exception):
    """`retry_after` is seconds. Says nothing of whether there is an account."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("too many attempts")
        self.retry_after = retry_after


class Throttle(Protocol):
    """Counts attempts on one login or session, whichever address they come from."""

    async def __call__(self, attempt: Literal["sign_in", "refresh"], key: str, /) -> None:
        """Raises `TooManyAttempts`."""
        ...


class Pseudonyms(Protocol):
    """Which login id stands for which person at a provider. Kept outside the log, under a keyed
    hash, so that forgetting it leaves nothing that leads back to the person."""

    async def login_id(self, provider: Provider, subject: str) -> str:
        """The same every time, made when there is none."""
        ...

    async def find(self, provider: Provider, subject: str) -> str | None: ...

    async def pseudonym(self, provider: Provider, subject: str) -> bytes:
        """The keyed hash itself: tells whether they came back without saying who they are."""
        ...

    async def find_by(self, pseudonym: bytes) -> str | None: ...

    async def forget(self, login_ids: Collection[str]) -> None: ...


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A web sign-in under way, kept on the server and taken once.

    `redirect_uri` is where the person ends up; `user_id` is who is linking, None: nobody signed
    in, and `session_id` the session they do it in; empty: none of ours. `bound`: only the browser
    it was started in may finish it. `app_challenge`: only the app that holds its verifier may
    exchange what it ends with (RFC 7636, S256).
    """

    provider: Provider
    platform: Platform
    nonce: str
    code_verifier: str
    redirect_uri: str
    market: Market
    language: Language
    user_id: str | None = None
    session_id: str = ""
    bound: bool = True
    app_challenge: str | None = None

    def __repr__(self) -> str:
        return f"Attempt(provider={self.provider!r}, …)"


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A finished web sign-in, waiting for the app to exchange its one-time code."""

    user_id: str
    provider: Provider
    platform: Platform
    app_challenge: str | None = None


class OneTimeStore(Protocol):
    """Keeps things that are taken once, or never come twice; each for a while."""

    async def keep_attempt(self, state: str, attempt: Attempt, *, seconds: int) -> None: ...

    async def take_attempt(self, state: str) -> Attempt | None: ...

    async def keep_arrival(self, code: str, arrival: Arrival, *, seconds: int) -> None: ...

    async def take_arrival(self, code: str) -> Arrival | None: ...

    async def first_use(self, token_id: str, *, seconds: int) -> bool:
        """Whether this is the first time; it is not for the next `seconds`."""
        ...

    async def give_back(self, token_id: str) -> None:
        """As if it had not been used: what it was for did not come about."""
        ...


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in device. Times are UTC."""

    session_id: str
    user_id: str
    provider: Provider | None
    platform: Platform
    started_at: datetime
    used_at: datetime
    expires_at: datetime


class RefreshRefused(Exception):
    """Not a refresh token of ours, or no longer good."""


class RefreshReplayed(RefreshRefused):
    """It was used before: somebody has a copy, and the session must end."""

    def __init__(self, session: Session) -> None:
        super().__init__("replayed")
        self.session = session


class Sessions(Protocol):
    """Keeps sessions and rotates their refresh tokens. Tokens are kept as hashes only."""

    async def start(self, session: Session) -> str:
        """The first refresh token."""
        ...

    async def rotate(self, refresh_token: str) -> tuple[Session, str]:
        """The session, and the token that takes this one's place. Raises `RefreshReplayed`,
        leaving the session for the caller to record as ended and then end, and
        `RefreshRefused`."""
        ...

    async def find(self, refresh_token: str) -> Session | None: ...

    async def of_user(self, user_id: str) -> Sequence[Session]:
        """Those that can still be used, the latest first."""
        ...

    async def end(self, user_id: str, session_id: str) -> bool:
        """Whether there was such a session to end."""
        ...

    async def forget(self, user_id: str) -> None:
        """Removes every trace of the person's sessions."""
        ...


class PersonKeys(Protocol):
    """The keys that personal data in the log is encrypted with: one a person, for what they said,
    and one a login, for what its provider did."""

    async def erase(self, subject: str, /) -> None:
        """Destroys the key. Cannot be undone; repeating changes nothing."""
        ...
