"""Every setting, read from the environment once at start. Owns names and defaults; how values are
read and checked is in `setting_readers`."""

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from infrastructure.setting_readers import (
    database_url,
    graph_version,
    http_url,
    names,
    one_of,
    origins,
    path,
    redirects,
    redis_url,
    seconds,
    whole,
)

Environment = Literal["development", "production"]
_KEY_BYTES = 32


class SettingError(Exception):
    """A setting cannot be used. The text is one line and names the variable, never a secret."""

    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable}: {problem}")
        self.variable = variable


class Secret(msgspec.Struct, frozen=True):
    """Text that must not be printed by accident."""

    text: str

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self.text)


class Setting(msgspec.Struct, frozen=True):
    """One environment variable: how it is read, what it defaults to, what it is for."""

    variable: str
    read: Callable[[str], Any]
    default: str
    purpose: str
    required_in_production: bool = False


def text(raw: str) -> str:
    return raw


def secret(raw: str) -> Secret:
    return Secret(raw)


def key_of_32_bytes(raw: str) -> Secret:
    """Empty in development: made once and kept in the state folder."""
    if raw:
        try:
            decoded = base64.urlsafe_b64decode(raw.encode())
        except (binascii.Error, ValueError):
            decoded = b""
        if len(decoded) != _KEY_BYTES:
            raise ValueError("must be 32 bytes in URL-safe base64")
    return Secret(raw)


SETTINGS: dict[str, Setting] = {
    "env": Setting("LIVE_ENV", one_of(*get_args(Environment)), "development", "development or production"),
    "host": Setting("HOST", text, "127.0.0.1", "address to listen on"),
    "port": Setting("PORT", whole(1, 65535), "8000", "port to serve on"),
    "health_port": Setting("LIVE_HEALTH_PORT", whole(0, 65535), "0", "port of health and metrics where a role serves nothing else; 0: none"),
    "var_dir": Setting("VAR_DIR", path, "var", "folder for local state"),
    "public_url": Setting("LIVE_PUBLIC_URL", http_url, "", "address clients and providers reach us at"),
    "database_url": Setting("LIVE_DATABASE_URL", database_url, "", "event log and SQL projections", required_in_production=True),
    "redis_url": Setting("LIVE_REDIS_URL", redis_url, "", "Redis of the read models, wake-ups and rooms", required_in_production=True),
    "jobs_redis_url": Setting("LIVE_JOBS_REDIS_URL", redis_url, "", "Redis of the jobs, an instance of its own", required_in_production=True),
    "redis_prefix": Setting("LIVE_REDIS_PREFIX", text, "live:", "prefix of every key"),
    "master_key": Setting("LIVE_MASTER_KEY", key_of_32_bytes, "", "wraps persons' keys and vault secrets", required_in_production=True),
    "previous_master_keys": Setting("LIVE_PREVIOUS_MASTER_KEYS", secret, "", "older master keys, comma-separated, still readable"),
    "checkpoint_key": Setting("LIVE_CHECKPOINT_KEY", secret, "", "Ed25519 private key (PEM) that signs log checkpoints", required_in_production=True),
    "access_token_seconds": Setting("LIVE_ACCESS_TOKEN_SECONDS", whole(30, 3600), "600", "life of an access token"),
    "signing_key_days": Setting("LIVE_SIGNING_KEY_DAYS", whole(1, 365), "30", "how long a key signs access tokens before the next one does"),
    "allowed_origins": Setting("LIVE_ALLOWED_ORIGINS", origins, "", "origins browsers may call from, comma-separated"),
    "log_level": Setting("LIVE_LOG_LEVEL", one_of("debug", "info", "warning", "error"), "info", "least level logged"),
    "log_format": Setting("LIVE_LOG_FORMAT", one_of("auto", "json", "console"), "auto", "json, console, or by terminal"),
    "queue_limit": Setting("LIVE_QUEUE_LIMIT", whole(1, 1_000_000), "10000", "commands that may wait before 503 overloaded"),
    "batch_limit": Setting("LIVE_BATCH_LIMIT", whole(1, 10_000), "64", "commands decided in one transaction at most"),
    "snapshot_every": Setting("LIVE_SNAPSHOT_EVERY", whole(10, 1_000_000), "1000", "events of a stream between snapshots"),
    "command_retention_days": Setting("LIVE_COMMAND_RETENTION_DAYS", whole(1, 3650), "30", "how long command ids are remembered"),
    "rate_limit_per_minute": Setting("LIVE_RATE_LIMIT_PER_MINUTE", whole(0, 10_000_000), "6000", "requests a minute and caller; 0: unlimited"),
    "job_threads": Setting("LIVE_JOB_THREADS", whole(1, 256), "8", "jobs a worker runs at once"),
    "sweep_seconds": Setting("LIVE_SWEEP_SECONDS", seconds(0.2, 86400), "30", "pause between sweeps for lost webhooks"),
    "disconnect_grace_seconds": Setting("LIVE_DISCONNECT_GRACE_SECONDS", seconds(0.5, 86400), "60", "how long a show waits for its feed to come back"),
    "checkpoint_seconds": Setting("LIVE_CHECKPOINT_SECONDS", seconds(1, 604800), "3600", "pause between signed checkpoints"),
    "cloudflare_api_url": Setting("LIVE_CLOUDFLARE_API_URL", http_url, "", "empty: the simulator in development, Cloudflare in production"),
    "cloudflare_account_id": Setting("LIVE_CLOUDFLARE_ACCOUNT_ID", text, "", "Cloudflare account", required_in_production=True),
    "cloudflare_api_token": Setting("LIVE_CLOUDFLARE_API_TOKEN", secret, "", "API token with Stream write", required_in_production=True),
    "cloudflare_calls_per_5_minutes": Setting("LIVE_CLOUDFLARE_CALLS_PER_5_MINUTES", whole(1, 1_000_000), "1000", "our share of the account's 1,200"),
    "cloudflare_live_webhook_secret": Setting("LIVE_CLOUDFLARE_LIVE_WEBHOOK_SECRET", secret, "", "cf-webhook-auth of the Notifications webhook", required_in_production=True),
    "cloudflare_video_webhook_secret": Setting("LIVE_CLOUDFLARE_VIDEO_WEBHOOK_SECRET", secret, "", "signing secret of the Stream webhook", required_in_production=True),
    "cloudflare_webhook_tolerance_seconds": Setting("LIVE_CLOUDFLARE_WEBHOOK_TOLERANCE_SECONDS", seconds(1, 86400), "300", "how old a signed webhook may be"),
    "cloudflare_recording_timeout_seconds": Setting("LIVE_CLOUDFLARE_RECORDING_TIMEOUT_SECONDS", whole(0, 86400), "30", "gap after which a broadcast becomes a new recording"),
    "playback_signing_key_id": Setting("LIVE_PLAYBACK_SIGNING_KEY_ID", text, "", "Stream signing key; empty: playback is public"),
    "playback_signing_key_pem": Setting("LIVE_PLAYBACK_SIGNING_KEY_PEM", secret, "", "its private key, base64 as Cloudflare returns it"),
    "playback_token_seconds": Setting("LIVE_PLAYBACK_TOKEN_SECONDS", whole(60, 86400), "14400", "life of a playback token"),
    "playback_scheme": Setting("LIVE_PLAYBACK_SCHEME", one_of("https", "http"), "https", "http for a local simulator"),
    "r2_endpoint_url": Setting("LIVE_R2_ENDPOINT_URL", http_url, "", "S3 address of the account", required_in_production=True),
    "r2_access_key_id": Setting("LIVE_R2_ACCESS_KEY_ID", text, "", "R2 token id", required_in_production=True),
    "r2_secret_access_key": Setting("LIVE_R2_SECRET_ACCESS_KEY", secret, "", "SHA-256 of the R2 token", required_in_production=True),
    "r2_bucket": Setting("LIVE_R2_BUCKET", text, "live-media", "bucket of media and exports"),
    "r2_public_url": Setting("LIVE_R2_PUBLIC_URL", http_url, "", "address that serves the bucket to the public", required_in_production=True),
    "identity_simulator_url": Setting("LIVE_IDENTITY_SIMULATOR_URL", http_url, "", "simulated login providers in place of the real ones; development only"),
    "sign_in_redirects": Setting("LIVE_SIGN_IN_REDIRECTS", redirects, "", "where a web sign-in may end, comma-separated; in development also here"),
    "sign_in_limit_per_address": Setting("LIVE_SIGN_IN_LIMIT_PER_ADDRESS", whole(0, 1_000_000), "120", "sign-in and guest attempts and refused refreshes a minute and address; 0: unlimited"),
    "sign_in_limit_per_account": Setting("LIVE_SIGN_IN_LIMIT_PER_ACCOUNT", whole(0, 1_000_000), "20", "sign-in and refresh attempts a minute and account; 0: unlimited"),
    "line_channel_id": Setting("LIVE_LINE_CHANNEL_ID", text, "", "LINE Login channel; empty: not offered"),
    "line_channel_secret": Setting("LIVE_LINE_CHANNEL_SECRET", secret, "", "its channel secret"),
    "line_email": Setting("LIVE_LINE_EMAIL", one_of("on", "off"), "off", "ask LINE for the e-mail address, once its console has approved that"),
    "facebook_app_id": Setting("LIVE_FACEBOOK_APP_ID", text, "", "Facebook app; empty: not offered"),
    "facebook_app_secret": Setting("LIVE_FACEBOOK_APP_SECRET", secret, "", "its app secret"),
    "facebook_graph_version": Setting("LIVE_FACEBOOK_GRAPH_VERSION", graph_version, "v25.0", "Graph API version of Facebook and Instagram; each lives about two years"),
    "instagram_app_id": Setting("LIVE_INSTAGRAM_APP_ID", text, "", "Instagram app (API with Instagram Login); empty: not offered"),
    "instagram_app_secret": Setting("LIVE_INSTAGRAM_APP_SECRET", secret, "", "its app secret"),
    "google_client_ids": Setting("LIVE_GOOGLE_CLIENT_IDS", names, "", "Google OAuth client ids: web first, then iOS, Android; empty: not offered"),
    "google_client_secret": Setting("LIVE_GOOGLE_CLIENT_SECRET", secret, "", "secret of the web client"),
    "apple_services_id": Setting("LIVE_APPLE_SERVICES_ID", text, "", "Sign in with Apple on the web; empty: not offered"),
    "apple_bundle_ids": Setting("LIVE_APPLE_BUNDLE_IDS", names, "", "ids of the apps that sign in with Apple"),
    "apple_team_id": Setting("LIVE_APPLE_TEAM_ID", text, "", "Apple developer team"),
    "apple_key_id": Setting("LIVE_APPLE_KEY_ID", text, "", "its key for Sign in with Apple"),
    "apple_private_key": Setting("LIVE_APPLE_PRIVATE_KEY", secret, "", "that key (PEM, EC P-256)"),
    "chat_messages": Setting("LIVE_CHAT_MESSAGES", whole(0, 1_000_000), "20", "messages a person may send to a room in LIVE_CHAT_SECONDS; 0: unlimited"),
    "chat_seconds": Setting("LIVE_CHAT_SECONDS", seconds(1, 3600), "30", "the time those messages are counted in"),
    "chat_room_per_second": Setting("LIVE_CHAT_ROOM_PER_SECOND", whole(0, 1_000_000), "500", "messages a second that a room takes from all together; 0: unlimited"),
    "chat_repeat_seconds": Setting("LIVE_CHAT_REPEAT_SECONDS", seconds(0, 3600), "30", "how long nobody may say the same twice; 0: they may"),
    "chat_reactions_per_second": Setting("LIVE_CHAT_REACTIONS_PER_SECOND", whole(0, 1_000_000), "10", "reactions of a person that a room counts a second, five times as many at once; 0: all"),
    "room_shown_per_second": Setting("LIVE_ROOM_SHOWN_PER_SECOND", whole(0, 10_000), "10", "messages a second shown of a room, a fair sample of more; 0: all"),
    "room_buffer_bytes": Setting("LIVE_ROOM_BUFFER_BYTES", whole(16_384, 1 << 30), "262144", "unread bytes at which a slow viewer is dropped"),
    "room_frames_per_second": Setting("LIVE_ROOM_FRAMES_PER_SECOND", whole(0, 1_000_000), "20", "frames a second taken of one connection, twice as many at once; 0: all"),
    "room_connections_per_person": Setting("LIVE_ROOM_CONNECTIONS_PER_PERSON", whole(0, 1_000_000), "10", "connections to rooms that one person may have to a process; 0: any number"),
    "room_connections_per_address": Setting("LIVE_ROOM_CONNECTIONS_PER_ADDRESS", whole(0, 1_000_000), "200", "the same of one address; more where a carrier's NAT has many viewers behind one; 0: any number"),
    "room_tick_ms": Setting("LIVE_ROOM_TICK_MS", whole(1, 1000), "25", "least milliseconds between two frames to a viewer"),
    "room_ping_seconds": Setting("LIVE_ROOM_PING_SECONDS", seconds(0.1, 600), "25", "pause between pings to a viewer"),
    "room_pong_seconds": Setting("LIVE_ROOM_PONG_SECONDS", seconds(0.1, 600), "60", "silence after a ping that ends a connection"),
    "room_drain_seconds": Setting("LIVE_ROOM_DRAIN_SECONDS", seconds(0, 600), "5", "time over which a stopping process sends its viewers elsewhere"),
    "audience_sample_seconds": Setting("LIVE_AUDIENCE_SAMPLE_SECONDS", seconds(1, 3600), "15", "time between two samples of a room's audience"),
    "commerce_terms": Setting("LIVE_COMMERCE_TERMS", text, "", "file of the markets' tax rates, shipping fees and deadlines; empty: our own"),
    "otlp_endpoint": Setting("OTEL_EXPORTER_OTLP_ENDPOINT", http_url, "", "where traces go; empty: none"),
}  # fmt: skip


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings as read; see `SETTINGS` for each one's variable and meaning."""

    env: Environment
    host: str
    port: int
    health_port: int
    var_dir: Path
    public_url: str
    database_url: str
    redis_url: str
    jobs_redis_url: str
    redis_prefix: str
    master_key: Secret
    previous_master_keys: Secret
    checkpoint_key: Secret
    access_token_seconds: int
    signing_key_days: int
    allowed_origins: tuple[str, ...]
    log_level: str
    log_format: str
    queue_limit: int
    batch_limit: int
    snapshot_every: int
    command_retention_days: int
    rate_limit_per_minute: int
    job_threads: int
    sweep_seconds: float
    disconnect_grace_seconds: float
    checkpoint_seconds: float
    cloudflare_api_url: str
    cloudflare_account_id: str
    cloudflare_api_token: Secret
    cloudflare_calls_per_5_minutes: int
    cloudflare_live_webhook_secret: Secret
    cloudflare_video_webhook_secret: Secret
    cloudflare_webhook_tolerance_seconds: float
    cloudflare_recording_timeout_seconds: int
    playback_signing_key_id: str
    playback_signing_key_pem: Secret
    playback_token_seconds: int
    playback_scheme: str
    r2_endpoint_url: str
    r2_access_key_id: str
    r2_secret_access_key: Secret
    r2_bucket: str
    r2_public_url: str
    identity_simulator_url: str
    sign_in_redirects: tuple[str, ...]
    sign_in_limit_per_address: int
    sign_in_limit_per_account: int
    line_channel_id: str
    line_channel_secret: Secret
    line_email: str
    facebook_app_id: str
    facebook_app_secret: Secret
    facebook_graph_version: str
    instagram_app_id: str
    instagram_app_secret: Secret
    google_client_ids: tuple[str, ...]
    google_client_secret: Secret
    apple_services_id: str
    apple_bundle_ids: tuple[str, ...]
    apple_team_id: str
    apple_key_id: str
    apple_private_key: Secret
    chat_messages: int
    chat_seconds: float
    chat_room_per_second: int
    chat_repeat_seconds: float
    chat_reactions_per_second: int
    room_shown_per_second: int
    room_buffer_bytes: int
    room_frames_per_second: int
    room_connections_per_person: int
    room_connections_per_address: int
    room_tick_ms: int
    room_ping_seconds: float
    room_pong_seconds: float
    room_drain_seconds: float
    audience_sample_seconds: float
    commerce_terms: str
    otlp_endpoint: str


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Raises `SettingError` for the first variable that cannot be used."""
    values = {name: _read(setting, environ) for name, setting in SETTINGS.items()}
    settings = Settings(**values)
    if settings.env == "production":
        _require(environ)
        _refuse_simulators(settings)
    return settings


def _read(setting: Setting, environ: Mapping[str, str]) -> Any:
    raw = environ.get(setting.variable) or setting.default
    try:
        return setting.read(raw)
    except ValueError as problem:
        raise SettingError(setting.variable, str(problem)) from None


def _require(environ: Mapping[str, str]) -> None:
    for setting in SETTINGS.values():
        if setting.required_in_production and not environ.get(setting.variable):
            raise SettingError(setting.variable, f"must be set in production ({setting.purpose})")


def _refuse_simulators(settings: Settings) -> None:
    """Anybody signs in as anybody at a simulated provider."""
    if settings.identity_simulator_url:
        raise SettingError("LIVE_IDENTITY_SIMULATOR_URL", "must not be set in production")
