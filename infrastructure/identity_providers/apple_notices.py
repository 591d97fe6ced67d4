"""What Apple tells us of a person: proves it is Apple's, then reads it.

Source: developer.apple.com, "Processing changes for Sign in with Apple accounts".
"""

from collections.abc import Collection
from typing import Any

import msgspec

from application.identity.ports import ProviderNotice, SignInRefused
from infrastructure.identity_providers.apple import ISSUER, KEYS_URL
from infrastructure.identity_providers.calls import ProviderCalls
from infrastructure.identity_providers.id_tokens import IdTokens
from infrastructure.identity_providers.key_sets import KeySet

# The page names one of them account-deleted, what is received says account-delete.
_KINDS = {
    "consent-revoked": "unlinked",
    "account-delete": "deleted",
    "account-deleted": "deleted",
}


class _Body(msgspec.Struct, frozen=True):
    payload: str

    def __repr__(self) -> str:
        return "_Body(…)"


class _Event(msgspec.Struct, frozen=True):
    type: str
    sub: str = ""

    def __repr__(self) -> str:
        return f"_Event(type={self.type!r}, …)"


class AppleNotices:
    """`audiences` are all our ids: Apple sends the apps' and the web's to one address."""

    def __init__(self, calls: ProviderCalls, *, audiences: Collection[str]) -> None:
        self._audiences = tuple(audiences)
        keys = KeySet(calls, KEYS_URL, algorithm="RS256")
        self._tokens = IdTokens(algorithm="RS256", issuers=[ISSUER], keys=keys)

    async def read(self, body: bytes) -> ProviderNotice | None:
        """None for what concerns nobody's being here, such as mail that is no longer forwarded.

        Apple signs a notice for a day; the same one may come twice. Raises `SignInRefused` for
        what is not Apple's, or not for us, and `ProviderUnavailable`.
        """
        try:
            payload = msgspec.json.decode(body, type=_Body).payload
        except msgspec.MsgspecError:
            raise SignInRefused("malformed") from None
        claims = await self._tokens.verified(payload, audiences=self._audiences)
        return _notice(claims)


def _notice(claims: dict[str, Any]) -> ProviderNotice | None:
    notice_id, event = claims.get("jti"), _event(claims.get("events"))
    if not isinstance(notice_id, str):
        raise SignInRefused("malformed")
    kind = _KINDS.get(event.type)
    if kind is None:
        return None
    if not event.sub:
        raise SignInRefused("malformed")
    return ProviderNotice(
        provider="apple", subject=event.sub, kind=kind, notice_id=f"apple:{notice_id}"
    )


def _event(events: Any) -> _Event:
    """JSON in a text, though an object has been seen."""
    try:
        if isinstance(events, str):
            return msgspec.json.decode(events, type=_Event)
        return msgspec.convert(events, _Event)
    except msgspec.MsgspecError:
        raise SignInRefused("malformed") from None
