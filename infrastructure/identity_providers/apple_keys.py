"""What we sign for Apple: a client secret that is a JWT of our own (ES256).

Source: developer.apple.com, "Creating a client secret".
"""

import time

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey

from infrastructure.settings import SettingError, Settings

AUDIENCE = "https://appleid.apple.com"
_SECONDS = 300
_KEY_WANTED = "must be an EC P-256 private key in PEM, as Apple's .p8 file holds it"


class AppleSigner:
    """Signs a fresh secret for every call: Apple takes one of up to six months, but a short one
    that leaks is soon worth nothing."""

    def __init__(self, key: EllipticCurvePrivateKey, *, team_id: str, key_id: str) -> None:
        self._key = key
        self._team_id = team_id
        self._key_id = key_id

    def client_secret(self, client_id: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self._team_id,
            "iat": now,
            "exp": now + _SECONDS,
            "aud": AUDIENCE,
            "sub": client_id,
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._key_id})


def open_signer(settings: Settings) -> AppleSigner:
    """Raises `SettingError`."""
    # Environment files cannot hold line ends: `\\n` in their place is understood.
    pem = settings.apple_private_key.text.encode().replace(b"\\n", b"\n")
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingError("LIVE_APPLE_PRIVATE_KEY", _KEY_WANTED) from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise SettingError("LIVE_APPLE_PRIVATE_KEY", _KEY_WANTED)
    return AppleSigner(key, team_id=settings.apple_team_id, key_id=settings.apple_key_id)
