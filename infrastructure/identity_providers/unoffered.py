"""A way in that is not offered, and why.

Kapook is one for good: it publishes no OAuth, OpenID Connect or other way to sign in.
"""

from typing import NoReturn

from application.identity.ports import (
    AuthorizationCode,
    AuthorizationRequest,
    ExternalPerson,
    NativeProof,
    ProviderNotAvailable,
)
from domain.identity.values import Provider
from domain.shared import Market


class UnofferedProvider:
    def __init__(self, provider: Provider, reason: str) -> None:
        self.provider: Provider = provider
        self._reason = reason

    def unavailable(self, market: Market, *, host: bool) -> str | None:
        return self._reason

    def authorization_url(self, request: AuthorizationRequest) -> str:
        self._refuse()

    async def redeem(self, code: AuthorizationCode) -> ExternalPerson:
        self._refuse()

    async def verify(self, proof: NativeProof) -> ExternalPerson:
        self._refuse()

    async def revoke(self, revocation: bytes) -> None:
        """Nobody to tell: a provider hears only whom it has registered."""

    def _refuse(self) -> NoReturn:
        raise ProviderNotAvailable(self.provider, self._reason)
