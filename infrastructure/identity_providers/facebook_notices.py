"""What Facebook tells us of a person: a `signed_request`, when they remove our app or ask for the
deletion of their data.

Source: developers.facebook.com, "Data Deletion Request Callback".
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Literal

import msgspec

from application.identity.ports import ProviderNotice, SignInRefused
from infrastructure.identity_providers.id_tokens import LEEWAY_SECONDS
from infrastructure.settings import Secret

_LONGEST_SECONDS = 86400


class _Payload(msgspec.Struct, frozen=True):
    algorithm: str
    issued_at: int
    user_id: str
    code: str | None = None

    def __repr__(self) -> str:
        return "_Payload(…)"


class FacebookNotices:
    """Which of the two it is tells the address it came to, not the request."""

    def __init__(self, secret: Secret, *, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._clock = clock

    def read(self, signed_request: str, kind: Literal["unlinked", "deleted"]) -> ProviderNotice:
        """Raises `SignInRefused` for what is not Facebook's, and for what is a day old."""
        signature, _, payload = signed_request.partition(".")
        expected = hmac.digest(self._secret.text.encode(), payload.encode(), hashlib.sha256)
        if not self._secret or not hmac.compare_digest(_decoded(signature), expected):
            raise SignInRefused("wrong_signature")
        said = self._said(_decoded(payload))
        return ProviderNotice(
            provider="facebook",
            subject=said.user_id,
            kind=kind,
            notice_id=f"facebook:{kind}:{self._keyed(payload)}",
        )

    def _keyed(self, payload: str) -> str:
        """Tells payloads apart. Without our key, who guesses at the person and the second they
        asked in cannot tell whether they are right."""
        text = f"notice|{payload}".encode()
        return hmac.digest(self._secret.text.encode(), text, hashlib.sha256).hex()

    def _said(self, payload: bytes) -> _Payload:
        try:
            said = msgspec.json.decode(payload, type=_Payload)
        except msgspec.MsgspecError:
            raise SignInRefused("malformed") from None
        if said.algorithm.upper() != "HMAC-SHA256" or not said.user_id:
            raise SignInRefused("malformed")
        if said.code is not None:
            # The JavaScript SDK leaves one of these, signed alike, in every browser it signs in.
            raise SignInRefused("made_for_a_browser")
        age = self._clock() - said.issued_at
        if not -LEEWAY_SECONDS <= age <= _LONGEST_SECONDS:
            raise SignInRefused("expired" if age > 0 else "from_the_future")
        return said


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise SignInRefused("malformed") from None
