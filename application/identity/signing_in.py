"""The two ways in by a provider: on the web, with a code that comes back by the browser, and in
apps, with what the provider's own SDK gave them. What proves who somebody is, is the provider's
adapter's to know; here it is made sure that every proof counts once.
"""

import base64
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest

import msgspec
from msgspec.structs import replace

from application.identity.logins import Arriving, Logins
from application.identity.open_sessions import OpenSessions, SignedIn
from application.identity.ports import (
    Arrival,
    Attempt,
    AuthorizationCode,
    AuthorizationRequest,
    Clock,
    ExternalPerson,
    IdentityProvider,
    NativeProof,
    NewSecret,
    OneTimeStore,
    ProviderNotAvailable,
    SignInCancelled,
    SignInRefused,
    TooManyAttempts,
)
from application.ports import ProviderError
from domain.identity.values import PROVIDERS_OF, Platform, Provider
from domain.shared import DomainError, Language, Market

ATTEMPT_SECONDS = 600
ARRIVAL_SECONDS = 60
_PROOF_SECONDS = 3600  # remembered for so long when it does not say how long it is good
_CLOCKS_APART_SECONDS = 300
_PERSON_SAID_NO = frozenset(
    {"access_denied", "user_cancelled_authorize", "login_required", "interaction_required"}
)


class Offer(msgspec.Struct, frozen=True):
    """A way in; `reason` is why it is not to be had, None: it is."""

    provider: Provider
    reason: str | None


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """A web sign-in about to start.

    `callback_uri` is our own address the provider sends people back to, `redirect_uri` where
    they end up: whether it may be is checked before. `user_id` is who is signed in already and
    links, in `session_id`; `host`: they sell. `bound`: only the browser it is started in may
    finish it; `app_challenge`: only the app that holds its verifier may exchange what it ends with.
    """

    callback_uri: str
    redirect_uri: str
    platform: Platform
    market: Market
    language: Language
    user_id: str | None = None
    session_id: str = ""
    host: bool = False
    bound: bool = True
    app_challenge: str | None = None


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send the person, and what the app knows its own attempt by."""

    url: str
    state: str

    def __repr__(self) -> str:
        return "Authorization(…)"


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """What came back from the provider by the browser. `person` is Apple's, the first time.

    `same_browser`: it is the one the attempt of this `state` was started in.
    """

    callback_uri: str
    state: str
    same_browser: bool
    code: str | None = None
    error: str | None = None
    person: str | None = None

    def __repr__(self) -> str:
        return "Return(…)"


class Landing(msgspec.Struct, frozen=True, kw_only=True):
    """Where the person goes on, with a one-time `code` or else with a stable `error` code.

    `reason` says more of a refusal, for our logs alone.
    """

    redirect_uri: str
    state: str
    code: str | None = None
    error: str | None = None
    reason: str | None = None

    def __repr__(self) -> str:
        return f"Landing(error={self.error!r}, …)"


class NativeArrival(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs in from an app. `user_id` is who is signed in already and links."""

    market: Market
    language: Language
    user_id: str | None = None
    host: bool = False


class Once(msgspec.Struct, frozen=True, kw_only=True):
    """What makes things happen once: secrets, the place they are taken from, and the time."""

    store: OneTimeStore
    new_secret: NewSecret
    clock: Clock


class SigningIn:
    def __init__(
        self,
        *,
        providers: Mapping[Provider, IdentityProvider],
        logins: Logins,
        sessions: OpenSessions,
        once: Once,
    ) -> None:
        self._providers = providers
        self._logins = logins
        self._sessions = sessions
        self._store = once.store
        self._new_secret = once.new_secret
        self._clock = once.clock

    def offers(self, market: Market, *, host: bool) -> Sequence[Offer]:
        """In the market's order, the usual way in first."""
        return [
            Offer(provider, self._unavailable(provider, market, host=host))
            for provider in PROVIDERS_OF[market]
        ]

    async def authorize(self, provider: Provider, departure: Departure) -> Authorization:
        """Raises `ProviderNotAvailable`."""
        adapter = self._available(provider, departure.market, host=departure.host)
        state, nonce, verifier = (self._new_secret() for _ in range(3))
        request = AuthorizationRequest(
            state=state,
            nonce=nonce,
            code_challenge=_challenge(verifier),
            redirect_uri=departure.callback_uri,
            language=departure.language,
        )
        attempt = _attempt(provider, departure, nonce, verifier)
        await self._store.keep_attempt(state, attempt, seconds=ATTEMPT_SECONDS)
        return Authorization(url=adapter.authorization_url(request), state=state)

    async def callback(self, provider: Provider, back: Return) -> Landing:
        """Raises `SignInRefused` when there is no such attempt, or no longer, and so nowhere to
        send the person. Everything else that can go wrong goes to the app, as `Landing.error`."""
        attempt = await self._store.take_attempt(back.state)
        if attempt is None or attempt.provider != provider:
            raise SignInRefused("unknown_state")
        if attempt.bound and not back.same_browser:
            raise SignInRefused("another_browser")
        return await self._arrived(attempt, back)

    async def exchange(self, code: str, verifier: str | None = None) -> SignedIn:
        """`verifier` is the app's own, of the challenge it started with, if it had one.

        Raises `SignInRefused` for a code that was not given out, was used, or is too old, and for
        whoever came by somebody else's: the code is then spent.
        """
        arrival = await self._store.take_arrival(code)
        if arrival is None:
            raise SignInRefused("unknown_code")
        if not _holds(verifier, arrival.app_challenge):
            raise SignInRefused("another_app")
        return await self._sessions.start(arrival.user_id, arrival.provider, arrival.platform)

    async def native(
        self, provider: Provider, proof: NativeProof, arrival: NativeArrival
    ) -> SignedIn:
        """Raises `SignInRefused`, `ProviderNotAvailable`, `ProviderUnavailable`,
        `TooManyAttempts`, or a `DomainError`."""
        adapter = self._available(provider, arrival.market, host=arrival.host)
        external = await adapter.verify(proof)
        arriving = Arriving(
            market=arrival.market, language=arrival.language, user_id=arrival.user_id
        )
        async with self._used_once(external):
            user_id = await self._logins.enter(external, arriving)
            return await self._sessions.start(user_id, provider, proof.platform)

    async def _arrived(self, attempt: Attempt, back: Return) -> Landing:
        landing = Landing(redirect_uri=attempt.redirect_uri, state=back.state)
        try:
            return replace(landing, code=await self._arrive(attempt, back))
        except SignInCancelled:
            return replace(landing, error="sign_in_cancelled")
        except SignInRefused as refused:
            return replace(landing, error="sign_in_refused", reason=refused.reason)
        except ProviderNotAvailable as missing:
            return replace(landing, error="provider_not_available", reason=missing.reason)
        except ProviderError as failure:
            reason = type(failure).__name__
            return replace(landing, error="provider_unavailable", reason=reason)
        except TooManyAttempts:
            return replace(landing, error="rate_limited")
        except DomainError as refusal:
            return replace(landing, error=refusal.code)

    async def _arrive(self, attempt: Attempt, back: Return) -> str:
        if back.code is None:
            raise _without_code(back.error or "")
        await self._refuse_leftovers(attempt)
        external = await self._providers[attempt.provider].redeem(
            AuthorizationCode(
                code=back.code,
                code_verifier=attempt.code_verifier,
                nonce=attempt.nonce,
                redirect_uri=back.callback_uri,
                person=back.person,
            )
        )
        arriving = Arriving(
            market=attempt.market, language=attempt.language, user_id=attempt.user_id
        )
        arrival = Arrival(
            user_id=await self._logins.enter(external, arriving),
            provider=attempt.provider,
            platform=attempt.platform,
            app_challenge=attempt.app_challenge,
        )
        code = self._new_secret()
        await self._store.keep_arrival(code, arrival, seconds=ARRIVAL_SECONDS)
        return code

    async def _refuse_leftovers(self, attempt: Attempt) -> None:
        """What a session began ends with it: it may be a thief's that was just thrown out."""
        if attempt.user_id is None or not attempt.session_id:
            return
        going_on = await self._sessions.of_user(attempt.user_id)
        if all(session.session_id != attempt.session_id for session in going_on):
            raise SignInRefused("session_has_ended")

    @asynccontextmanager
    async def _used_once(self, external: ExternalPerson) -> AsyncGenerator[None]:
        """Raises `SignInRefused` for a proof that was used before. One that came
        too often, or when something was not there, may come again; not one that was decided on."""
        if external.token_id is None:
            yield
            return
        name = f"{external.provider}:{external.token_id}"
        seconds = _remaining(external.token_expires_at, self._clock())
        if not await self._store.first_use(name, seconds=seconds):
            raise SignInRefused("proof_replayed")
        try:
            yield
        except DomainError:
            raise
        except Exception:
            await self._store.give_back(name)
            raise

    def _available(self, provider: Provider, market: Market, *, host: bool) -> IdentityProvider:
        reason = self._unavailable(provider, market, host=host)
        if reason is not None:
            raise ProviderNotAvailable(provider, reason)
        return self._providers[provider]

    def _unavailable(self, provider: Provider, market: Market, *, host: bool) -> str | None:
        if provider not in PROVIDERS_OF[market] or provider not in self._providers:
            return "not_available"
        return self._providers[provider].unavailable(market, host=host)


def _attempt(provider: Provider, departure: Departure, nonce: str, verifier: str) -> Attempt:
    return Attempt(
        provider=provider,
        platform=departure.platform,
        nonce=nonce,
        code_verifier=verifier,
        redirect_uri=departure.redirect_uri,
        market=departure.market,
        language=departure.language,
        user_id=departure.user_id,
        session_id=departure.session_id,
        bound=departure.bound,
        app_challenge=departure.app_challenge,
    )


def _without_code(error: str) -> SignInCancelled | SignInRefused:
    """RFC 6749 §4.1.2.1; LINE writes its codes in capitals. What else a provider has to say is
    not repeated: anybody can call our callback with any text."""
    if error.lower() in _PERSON_SAID_NO:
        return SignInCancelled()
    return SignInRefused("provider_error")


def _holds(verifier: str | None, challenge: str | None) -> bool:
    """A verifier nobody asked for is no harm, one that is missing is."""
    if challenge is None:
        return True
    return verifier is not None and compare_digest(_challenge(verifier), challenge)


def _challenge(verifier: str) -> str:
    """RFC 7636 §4.2, method S256."""
    digest = sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _remaining(expires_at: datetime | None, now: datetime) -> int:
    """For how many seconds a proof has to be remembered: longer than it would be accepted."""
    if expires_at is None:
        return _PROOF_SECONDS
    return max(0, int((expires_at - now).total_seconds())) + _CLOCKS_APART_SECONDS
