"""What the simulated login providers hold: people, grants, codes, tokens, keys."""

import secrets
import sqlite3
import time
from typing import Literal

import msgspec

from infrastructure.simulators.documents import Documents
from infrastructure.simulators.identity.people import INVENTED, Person

Provider = Literal["line", "facebook", "instagram", "google", "apple"]
TokenKind = Literal["access", "refresh", "app"]


def now() -> int:
    """Seconds since 1970, UTC, as JWT and OAuth count."""
    return int(time.time())


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A person's permission for our app, until somebody takes it back."""

    provider: Provider
    person: str
    scopes: tuple[str, ...]
    given_at: int


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization code. `redirect_uri` is None for one that a native app got."""

    value: str = msgspec.field(default_factory=lambda: secrets.token_urlsafe(24))
    provider: Provider
    client_id: str
    person: str
    redirect_uri: str | None
    scopes: tuple[str, ...]
    expires_at: int
    nonce: str | None = None
    challenge: str | None = None
    offline: bool = False
    used: bool = False

    def __repr__(self) -> str:
        return f"Code({self.provider!r}, …)"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An opaque token. `person` is empty for a token of the app itself."""

    value: str = msgspec.field(default_factory=lambda: secrets.token_urlsafe(32))
    provider: Provider
    kind: TokenKind
    client_id: str
    person: str
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int
    nonce: str | None = None

    def __repr__(self) -> str:
        return f"Token({self.provider!r}, {self.kind!r}, …)"

    @property
    def expired(self) -> bool:
        return self.expires_at <= now()


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """`published`: it is in the key set. The youngest signs."""

    provider: Provider
    kid: str
    algorithm: str
    pem: str
    published: bool = True

    def __repr__(self) -> str:
        return f"SigningKey({self.provider!r}, {self.kid!r}, …)"


class RedirectUri(msgspec.Struct, frozen=True, kw_only=True):
    provider: Provider
    address: str


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """A grant that ended. `by` is `app`, when we told the provider, or `person`."""

    provider: Provider
    person: str
    by: Literal["app", "person"]
    at: int


class Notice(msgspec.Struct, kw_only=True):
    """What a provider told us by itself, and what we answered."""

    provider: Provider
    event: str
    person: str
    url: str = ""
    status: int | None = None
    answer: str = ""


class IdentityState:
    """The collections, and what changes several of them at once."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._people = Documents(database, "identity_person", Person)
        self._grants = Documents(database, "identity_grant", Grant)
        self.codes = Documents(database, "identity_code", Code)
        self.tokens = Documents(database, "identity_token", Token)
        self.keys = Documents(database, "identity_key", SigningKey)
        self.redirects = Documents(database, "identity_redirect", RedirectUri)
        self.revocations = Documents(database, "identity_revocation", Revocation)

    def clear(self) -> None:
        """Nobody has signed in, and nothing was added. Signing keys stay."""
        for kind in (self._people, self._grants, self.codes, self.tokens):
            kind.clear()
        self.redirects.clear()
        self.revocations.clear()

    def people(self) -> list[Person]:
        """Those of our own first, then those who were added; the latter may replace the former."""
        found = {person.id: person for person in (*INVENTED, *self._people)}
        return list(found.values())

    def person(self, person_id: str) -> Person | None:
        return next((one for one in self.people() if one.id == person_id), None)

    def add_person(self, person: Person) -> None:
        self._people.save(person.id, person)

    def grant(self, provider: Provider, person: str) -> Grant | None:
        return self._grants.get(f"{provider}/{person}")

    def grants(self) -> list[Grant]:
        return list(self._grants)

    def give(self, provider: Provider, person: str, scopes: tuple[str, ...]) -> bool:
        """Whether it is the first time, or the first since it was taken back."""
        former = self.grant(provider, person)
        merged = dict.fromkeys((*(former.scopes if former else ()), *scopes))
        grant = Grant(provider=provider, person=person, scopes=tuple(merged), given_at=now())
        self._grants.save(f"{provider}/{person}", grant)
        return former is None

    def take_back(self, provider: Provider, person: str, by: Literal["app", "person"]) -> bool:
        """Ends the grant with every code and token of it; whether there was one."""
        had = self._grants.remove(f"{provider}/{person}") is not None
        for token in self.tokens:
            if (token.provider, token.person) == (provider, person):
                self.keep_token(msgspec.structs.replace(token, expires_at=0))
        for code in self.codes:
            if (code.provider, code.person) == (provider, person):
                self.keep_code(msgspec.structs.replace(code, used=True))
        if had:
            gone = Revocation(provider=provider, person=person, by=by, at=now())
            self.revocations.save(secrets.token_hex(8), gone)
        return had

    def expire(self, provider: Provider, what: Literal["codes", "tokens"]) -> int:
        """How many there were."""
        replace = msgspec.structs.replace
        if what == "codes":
            codes = [code for code in self.codes if code.provider == provider]
            return len([self.keep_code(replace(code, expires_at=0)) for code in codes])
        tokens = [token for token in self.tokens if token.provider == provider]
        return len([self.keep_token(replace(token, expires_at=0)) for token in tokens])

    def issue(self, kind: TokenKind, holder: Code | Token, seconds: int) -> Token:
        """A new token for whoever holds a code or another token."""
        issued = now()
        return self.keep_token(
            Token(
                provider=holder.provider,
                kind=kind,
                client_id=holder.client_id,
                person=holder.person,
                scopes=holder.scopes,
                issued_at=issued,
                expires_at=issued + seconds,
            )
        )

    def find_token(self, provider: Provider, kind: TokenKind, value: str) -> Token | None:
        """One that has not expired."""
        token = self.tokens.get(value)
        if token is None or (token.provider, token.kind) != (provider, kind) or token.expired:
            return None
        return token

    def keep_code(self, code: Code) -> Code:
        return self.codes.save(code.value, code)

    def keep_token(self, token: Token) -> Token:
        return self.tokens.save(token.value, token)
