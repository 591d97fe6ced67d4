"""Prints a `.env` for compose.yaml, with secrets made on the spot.

`python -m infrastructure.deployment.env_file > .env` runs against the simulators; with
`--production` it leaves a blank for everything that only the operator knows.
"""

import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from infrastructure.embedded.secrets import kept_apple_key, kept_secret, kept_signing_key
from infrastructure.embedded.simulated_identity import public_key_text
from infrastructure.settings import SETTINGS
from infrastructure.simulators.config import IdentityConfig

_SIMULATORS = "http://simulators.localhost:8090"
# Set in compose.yaml, from the services there.
_ADDRESSES = {"LIVE_DATABASE_URL", "LIVE_REDIS_URL", "LIVE_JOBS_REDIS_URL"}


def main(arguments: list[str]) -> None:
    values = production() if "--production" in arguments else development()
    sys.stdout.write("".join(f"{name}={_quoted(value)}\n" for name, value in values.items()))


def development() -> Mapping[str, str]:
    """Everything on this machine; the simulators stand for Cloudflare, R2 and login providers."""
    return {
        "COMPOSE_PROFILES": "development",
        "LIVE_ENV": "development",
        "LIVE_PUBLIC_URL": "http://localhost:8000",
        **_own_secrets(),
        "LIVE_CLOUDFLARE_API_URL": f"{_SIMULATORS}/client/v4",
        "LIVE_CLOUDFLARE_ACCOUNT_ID": secrets.token_hex(16),
        "LIVE_CLOUDFLARE_API_TOKEN": secrets.token_urlsafe(30),
        "LIVE_CLOUDFLARE_LIVE_WEBHOOK_SECRET": secrets.token_urlsafe(24),
        "LIVE_CLOUDFLARE_VIDEO_WEBHOOK_SECRET": secrets.token_urlsafe(24),
        "LIVE_PLAYBACK_SCHEME": "http",
        "LIVE_R2_ENDPOINT_URL": f"{_SIMULATORS}/r2",
        "LIVE_R2_ACCESS_KEY_ID": secrets.token_hex(16),
        "LIVE_R2_SECRET_ACCESS_KEY": secrets.token_hex(32),
        "LIVE_R2_PUBLIC_URL": f"{_SIMULATORS}/media",
        **_registrations(),
    }


def production() -> Mapping[str, str]:
    own = _own_secrets()
    required = [item.variable for item in SETTINGS.values() if item.required_in_production]
    return {
        "LIVE_ENV": "production",
        "SITE_ADDRESS": "",
        "HTTP_PORT": "80",
        "HTTPS_PORT": "443",
        "LIVE_PUBLIC_URL": "",
        **own,
        **{name: "" for name in required if name not in own and name not in _ADDRESSES},
    }


def _registrations() -> Mapping[str, str]:
    """At the simulated login providers: ids as compose.yaml has them, fresh secrets."""
    with TemporaryDirectory() as name:
        private_key = kept_apple_key(Path(name), "apple.p8").text
    apps = IdentityConfig()
    return {
        "LIVE_IDENTITY_SIMULATOR_URL": _SIMULATORS,
        "LIVE_LINE_CHANNEL_ID": apps.line.client_ids[0],
        "LIVE_LINE_CHANNEL_SECRET": secrets.token_hex(16),
        "LIVE_LINE_EMAIL": "on",
        "LIVE_FACEBOOK_APP_ID": apps.facebook.client_ids[0],
        "LIVE_FACEBOOK_APP_SECRET": secrets.token_hex(16),
        "LIVE_INSTAGRAM_APP_ID": apps.instagram.client_ids[0],
        "LIVE_INSTAGRAM_APP_SECRET": secrets.token_hex(16),
        "LIVE_GOOGLE_CLIENT_IDS": ",".join(apps.google.client_ids),
        "LIVE_GOOGLE_CLIENT_SECRET": secrets.token_urlsafe(24),
        "LIVE_APPLE_SERVICES_ID": apps.apple.client_ids[0],
        "LIVE_APPLE_BUNDLE_IDS": ",".join(apps.apple.client_ids[1:]),
        "LIVE_APPLE_TEAM_ID": apps.apple_key.team_id,
        "LIVE_APPLE_KEY_ID": apps.apple_key.key_id,
        "LIVE_APPLE_PRIVATE_KEY": private_key,
        "SIMULATED_APPLE_PUBLIC_KEY": public_key_text(private_key),
    }


def _own_secrets() -> Mapping[str, str]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "MYSQL_PASSWORD": secrets.token_hex(24),
            "LIVE_MASTER_KEY": kept_secret(folder, "master").text,
            "LIVE_CHECKPOINT_KEY": kept_signing_key(folder, "checkpoint.pem").text,
        }


def _quoted(value: str) -> str:
    """Compose reads `\\n` between double quotes as a new line."""
    return '"' + value.strip().replace("\n", "\\n") + '"' if "\n" in value else value


if __name__ == "__main__":
    main(sys.argv[1:])
