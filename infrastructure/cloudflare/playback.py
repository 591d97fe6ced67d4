"""Playback addresses on Cloudflare's delivery hosts, with tokens we sign ourselves.

A token stands in the address where the uid would. Cloudflare takes RS256 tokens that end within
24 hours (developers.cloudflare.com/stream/viewing-videos/securing-your-stream).
"""

import base64
import binascii
from datetime import datetime, timedelta
from typing import NamedTuple

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from application.ports import Playback
from infrastructure.settings import Secret, SettingError, Settings

LONGEST_TOKEN_SECONDS = 86_400 - 60  # a minute for clocks that disagree
_BACKDATED = timedelta(seconds=60)
_REUSED_SHARE = 0.5  # of its life: every viewer gets a token with at least the other half left
_CACHED_TOKENS = 10_000
_LEAST_KEY_BITS = 2048


class SigningKey(NamedTuple):
    key_id: str
    private_key: RSAPrivateKey

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"


class _Token(NamedTuple):
    text: str
    expires_at: datetime
    renew_at: datetime

    def __repr__(self) -> str:
        return "_Token(…)"


class CloudflarePlayback:
    """Without a key, playback is public. A token is reused for half its life (RS256 is slow)."""

    def __init__(
        self, key: SigningKey | None, *, token_seconds: int = 14_400, scheme: str = "https"
    ) -> None:
        self._key = key
        self._life = timedelta(seconds=min(token_seconds, LONGEST_TOKEN_SECONDS))
        self._scheme = scheme
        self._tokens: dict[str, _Token] = {}

    def playback(
        self, *, host: str, uid: str, now: datetime, low_latency: bool = False, webrtc: bool = False
    ) -> Playback:
        """For an input's uid (whatever is live on it) or a video's (one broadcast or recording).

        A broadcast that comes in by WHIP plays by WHEP only, any other by HLS and DASH only.
        """
        token = self._token(self._key, uid, now) if self._key is not None else None
        base = f"{self._scheme}://{host}/{token.text if token else uid}"
        manifest = f"{base}/manifest/video"
        query = "?protocol=llhls" if low_latency else ""
        return Playback(
            hls=None if webrtc else f"{manifest}.m3u8{query}",
            dash=None if webrtc else f"{manifest}.mpd",
            webrtc=f"{base}/webRTC/play" if webrtc else None,
            token_expires_at=token.expires_at if token else None,
        )

    def _token(self, key: SigningKey, uid: str, now: datetime) -> _Token:
        cached = self._tokens.get(uid)
        if cached is not None and now < cached.renew_at:
            return cached
        if len(self._tokens) >= _CACHED_TOKENS:
            self._tokens.clear()
        expires_at = (now + self._life).replace(microsecond=0)
        token = _Token(
            _signed(key, uid, now, expires_at), expires_at, now + self._life * _REUSED_SHARE
        )
        self._tokens[uid] = token
        return token


def open_playback(settings: Settings) -> CloudflarePlayback:
    """Raises `SettingError` for a signing key that cannot sign."""
    return CloudflarePlayback(
        load_signing_key(settings.playback_signing_key_id, settings.playback_signing_key_pem),
        token_seconds=settings.playback_token_seconds,
        scheme=settings.playback_scheme,
    )


def load_signing_key(key_id: str, pem: Secret) -> SigningKey | None:
    """`pem` as Cloudflare returns it, base64 of PKCS#1 PEM; a bare PEM is taken too."""
    if not key_id and not pem:
        return None
    if not key_id:
        raise SettingError("LIVE_PLAYBACK_SIGNING_KEY_ID", "must be set with its private key")
    try:
        key = load_pem_private_key(_pem_bytes(pem.text), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_KEY_BITS:
        raise SettingError(
            "LIVE_PLAYBACK_SIGNING_KEY_PEM",
            "must be the RSA private key of the signing key, base64 as Cloudflare returns it",
        )
    return SigningKey(key_id, key)


def _pem_bytes(text: str) -> bytes:
    if "-----BEGIN" in text:
        return text.replace("\\n", "\n").encode()  # as .env files write line ends
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _signed(key: SigningKey, uid: str, now: datetime, expires_at: datetime) -> str:
    """Cloudflare asks for `kid` in the payload too, and its own tokens carry no `typ`."""
    payload = {
        "sub": uid,
        "kid": key.key_id,
        "exp": int(expires_at.timestamp()),
        "nbf": int((now - _BACKDATED).timestamp()),
    }
    headers = {"kid": key.key_id, "typ": None}
    return jwt.encode(payload, key.private_key, algorithm="RS256", headers=headers)
