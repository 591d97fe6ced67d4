"""Authorization codes at the token endpoint: one use, one client, one address, one verifier."""

import re
from typing import Literal

import msgspec

from infrastructure.simulators.identity.answers import Fields, same
from infrastructure.simulators.identity.dialogs import challenge_of
from infrastructure.simulators.identity.simulator import IdentitySimulator
from infrastructure.simulators.identity.state import Code, Provider, now

Reason = Literal[
    "unknown", "used", "expired", "client", "redirect_uri", "no_verifier", "verifier", "no_pkce"
]
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 §4.1


class CodeRefused(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def redeem(identity: IdentitySimulator, provider: Provider, fields: Fields) -> Code:
    """The code, used up from now on: whoever comes with a wrong verifier or address spoils it.

    Raises `CodeRefused`.
    """
    code = identity.state.codes.get(fields.get("code", ""))
    if code is None or code.provider != provider:
        raise CodeRefused("unknown")
    if code.used:
        raise CodeRefused("used")
    identity.state.keep_code(msgspec.structs.replace(code, used=True))
    reason = _refusal(code, fields)
    if reason is not None:
        raise CodeRefused(reason)
    return code


def _refusal(code: Code, fields: Fields) -> Reason | None:
    if code.expires_at <= now():
        return "expired"
    if code.client_id != fields.get("client_id"):
        return "client"
    if code.redirect_uri is not None and code.redirect_uri != fields.get("redirect_uri"):
        return "redirect_uri"
    return _verifier_refusal(code.challenge, fields.get("code_verifier"))


def _verifier_refusal(challenge: str | None, verifier: str | None) -> Reason | None:
    if challenge is None:
        return "no_pkce" if verifier else None
    if not verifier:
        return "no_verifier"
    right = _VERIFIER.fullmatch(verifier) and same(challenge, challenge_of(verifier))
    return None if right else "verifier"
