"""Our registrations at the simulated login providers: what we know of them, and what they do.

Client ids are invented ones; secrets and Apple's key are made once and kept in the state folder.
"""

import base64
from collections.abc import Sequence

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from infrastructure.embedded.secrets import kept_apple_key, kept_secret
from infrastructure.settings import Secret, SettingError, Settings
from infrastructure.simulators.config import AppleKey, IdentityApp, IdentityConfig

_API = "/api/v1"
_ANYWHERE = "http://127.0.0.1"


def identity_configured(settings: Settings) -> bool:
    """Whether somebody has chosen where people sign in: real providers, or simulated ones."""
    return bool(
        settings.identity_simulator_url
        or settings.line_channel_id
        or settings.facebook_app_id
        or settings.instagram_app_id
        or settings.google_client_ids
        or settings.apple_services_id
    )


def with_simulated_identity(settings: Settings, origin: str) -> Settings:
    """Registered at every provider the simulators at `origin` have."""
    invented, folder = IdentityConfig(), settings.var_dir
    return msgspec.structs.replace(
        settings,
        identity_simulator_url=origin,
        line_channel_id=invented.line.client_ids[0],
        line_channel_secret=kept_secret(folder, "line-channel"),
        line_email="on",
        facebook_app_id=invented.facebook.client_ids[0],
        facebook_app_secret=kept_secret(folder, "facebook-app"),
        instagram_app_id=invented.instagram.client_ids[0],
        instagram_app_secret=kept_secret(folder, "instagram-app"),
        google_client_ids=invented.google.client_ids,
        google_client_secret=kept_secret(folder, "google-client"),
        apple_services_id=invented.apple.client_ids[0],
        apple_bundle_ids=invented.apple.client_ids[1:],
        apple_team_id=invented.apple_key.team_id,
        apple_key_id=invented.apple_key.key_id,
        apple_private_key=kept_apple_key(folder, "apple.p8"),
    )


def identity_config(settings: Settings, *, webhooks_at: str = "") -> IdentityConfig:
    """What the simulators know of us, so that they accept the client these settings make, or
    `with_simulated_identity` where they make none. A real client is not told to them.

    `webhooks_at` is where they reach our API, without a path. Raises `SettingError`.
    """
    invented = IdentityConfig()
    if not identity_configured(settings):
        settings = with_simulated_identity(settings, _ANYWHERE)
    if not settings.identity_simulator_url:
        return invented
    apple_ids = (settings.apple_services_id, *settings.apple_bundle_ids)
    origins = (settings.public_url, *_local_origins(settings.port))
    return IdentityConfig(
        line=_app(invented.line, [settings.line_channel_id], settings.line_channel_secret),
        facebook=_app(invented.facebook, [settings.facebook_app_id], settings.facebook_app_secret),
        instagram=_app(
            invented.instagram, [settings.instagram_app_id], settings.instagram_app_secret
        ),
        google=_app(invented.google, settings.google_client_ids, settings.google_client_secret),
        apple=_app(invented.apple, apple_ids, Secret("")),
        apple_key=_apple_key(settings) or invented.apple_key,
        callbacks=tuple(f"{each}{_API}/auth" for each in dict.fromkeys(origins) if each),
        webhooks=f"{webhooks_at}{_API}/webhooks" if webhooks_at else "",
    )


def public_key_text(pem: str) -> str:
    """The public half of a private key, as `AppleKey` holds it. Raises ValueError."""
    key = serialization.load_pem_private_key(pem.encode(), None).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_bytes(serialization.Encoding.DER, form)).decode()


def _app(invented: IdentityApp, client_ids: Sequence[str], secret: Secret) -> IdentityApp:
    if not any(client_ids):
        return invented
    return IdentityApp(client_ids=tuple(client_ids), secret=secret.text or invented.secret)


def _apple_key(settings: Settings) -> AppleKey | None:
    if not settings.apple_private_key:
        return None
    # Environment files cannot hold line ends: `\\n` stands for one there.
    pem = settings.apple_private_key.text.replace("\\n", "\n")
    try:
        public_key = public_key_text(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingError("LIVE_APPLE_PRIVATE_KEY", "must be a private key in PEM") from None
    return AppleKey(
        team_id=settings.apple_team_id, key_id=settings.apple_key_id, public_key=public_key
    )


def _local_origins(port: int) -> list[str]:
    """A browser on this machine may know us by any of these."""
    return [f"http://{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")]
