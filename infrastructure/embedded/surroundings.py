"""Fills in what nothing was configured for: in development private servers, made as needed.

The rest of the program only ever sees addresses, the same code paths as in production.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from infrastructure.cloudflare.client import CLOUDFLARE_API_URL
from infrastructure.embedded.ownership import InUse, owning
from infrastructure.embedded.private_redis import PrivateRedis
from infrastructure.embedded.private_simulators import (
    CALLS_PER_5_MINUTES,
    PrivateSimulators,
    WebhookSecrets,
)
from infrastructure.embedded.secrets import kept_secret, kept_signing_key
from infrastructure.embedded.simulated_identity import (
    identity_config,
    identity_configured,
    with_simulated_identity,
)
from infrastructure.settings import SETTINGS, Secret, SettingError, Settings
from infrastructure.simulators.config import SimulatorConfig

_READ_MODELS, _JOBS = 0, 1
_PATIENCE_SECONDS = 12.0
_CLOUDFLARE_TOKEN = "cloudflare-token"  # noqa: S105  # the name of its file
_WEBHOOKS_PATH = "/api/v1/webhooks/cloudflare"


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What must run around a command. `exclusive`: it must be alone in the state folder."""

    redis: bool = True
    simulators: bool = True
    exclusive: bool = False


def completed(settings: Settings) -> Settings:
    """With addresses and keys that need no server: what tokens, the database and the log need.

    Raises `SettingError` when the state folder cannot be used.
    """
    replace = msgspec.structs.replace
    if settings.env == "production":
        return replace(
            settings, cloudflare_api_url=settings.cloudflare_api_url or CLOUDFLARE_API_URL
        )
    var_dir = _usable(settings.var_dir)
    return replace(
        settings,
        var_dir=var_dir,
        database_url=settings.database_url or f"sqlite+aiosqlite:///{var_dir / 'live.db'}",
        public_url=settings.public_url or f"http://{_local(settings.host)}:{settings.port}",
        master_key=settings.master_key or kept_secret(var_dir, "master"),
        checkpoint_key=settings.checkpoint_key or kept_signing_key(var_dir, "checkpoint.pem"),
        cloudflare_live_webhook_secret=settings.cloudflare_live_webhook_secret
        or kept_secret(var_dir, "live-webhook"),
        cloudflare_video_webhook_secret=settings.cloudflare_video_webhook_secret
        or kept_secret(var_dir, "video-webhook"),
    )


def _usable(folder: Path) -> Path:
    """Whole, there and ours to write in."""
    try:
        found = folder.resolve()
        found.mkdir(parents=True, exist_ok=True)
        usable = os.access(found, os.W_OK | os.X_OK)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        reason = getattr(error, "strerror", None) or "not a path"
        raise SettingError("VAR_DIR", f"cannot use the folder {folder}: {reason}") from error
    if not usable:
        raise SettingError("VAR_DIR", f"cannot use the folder {folder}: it may not be written to")
    return found


@asynccontextmanager
async def surrounded(settings: Settings, needs: Needs) -> AsyncIterator[Settings]:
    """The settings with every address there, and whatever serves them running until the end.

    One process of a state folder owns its private servers; another finds them there. Raises
    `InUse`, `NoRedis` or `SimulatorsFailed`.
    """
    settings = completed(settings)
    if settings.env == "production":
        yield settings
        return
    with ExitStack() as stack:
        settings = await asyncio.to_thread(_surround, stack, settings, needs)
        try:
            yield settings
        finally:
            await asyncio.to_thread(stack.close)


def _surround(stack: ExitStack, settings: Settings, needs: Needs) -> Settings:
    redis = needs.redis and not (settings.redis_url and settings.jobs_redis_url)
    simulated = not (
        settings.cloudflare_api_url and settings.r2_endpoint_url and identity_configured(settings)
    )
    simulators = needs.simulators and simulated
    owner = False
    if redis or simulators or needs.exclusive:
        owner = _own(stack, settings.var_dir, exclusive=needs.exclusive)
    if redis:
        settings = _with_redis(stack, settings, owner=owner)
    if simulators and owner:
        _start_simulators(stack, settings)
    return _with_simulators(settings) if simulated else settings


def _own(stack: ExitStack, var_dir: Path, *, exclusive: bool) -> bool:
    """Whether the private servers are ours to run; if not, they are there already."""
    try:
        stack.enter_context(owning(var_dir, patience=_PATIENCE_SECONDS if exclusive else 0))
    except InUse:
        if exclusive:
            raise
        return False
    return True


def _with_redis(stack: ExitStack, settings: Settings, *, owner: bool) -> Settings:
    redis = PrivateRedis(settings.var_dir / "redis")
    if owner:
        stack.callback(redis.stop)
        redis.start()
    else:
        redis.await_answer()
    return msgspec.structs.replace(
        settings,
        redis_url=settings.redis_url or redis.url(_READ_MODELS),
        jobs_redis_url=settings.jobs_redis_url or redis.url(_JOBS),
    )


def _start_simulators(stack: ExitStack, settings: Settings) -> None:
    simulators = PrivateSimulators(settings.var_dir / "simulators")
    own = f"http://{_local(settings.host)}:{settings.port}"
    stack.callback(simulators.stop)
    simulators.start(
        kept_secret(settings.var_dir, _CLOUDFLARE_TOKEN).text,
        f"{own}{_WEBHOOKS_PATH}",
        WebhookSecrets(
            live=settings.cloudflare_live_webhook_secret.text,
            video=settings.cloudflare_video_webhook_secret.text,
        ),
        identity_config(settings, webhooks_at=own),
    )


def _with_simulators(settings: Settings) -> Settings:
    """Their addresses, whether they run or not."""
    simulators = PrivateSimulators(settings.var_dir / "simulators")
    token = kept_secret(settings.var_dir, _CLOUDFLARE_TOKEN)
    origin = f"http://127.0.0.1:{simulators.ports().http}"
    simulated = SimulatorConfig(var_dir=settings.var_dir)
    if not settings.cloudflare_api_url:
        settings = msgspec.structs.replace(
            settings,
            cloudflare_api_url=f"{origin}/client/v4",
            cloudflare_account_id=simulated.account_id,
            cloudflare_api_token=token,
            cloudflare_calls_per_5_minutes=_calls(settings),
            playback_scheme="http",
        )
    if not settings.r2_endpoint_url:
        settings = msgspec.structs.replace(
            settings,
            r2_endpoint_url=f"{origin}/r2",
            r2_access_key_id=simulated.r2_access_key_id,
            r2_secret_access_key=Secret(simulated.r2_secret_access_key),
            r2_public_url=settings.r2_public_url or f"{origin}/media",
        )
    if not identity_configured(settings):
        settings = with_simulated_identity(settings, origin)
    return settings


def _calls(settings: Settings) -> int:
    """As many as the simulator takes, unless somebody asked for another number."""
    set_to = settings.cloudflare_calls_per_5_minutes
    left_alone = str(set_to) == SETTINGS["cloudflare_calls_per_5_minutes"].default
    return CALLS_PER_5_MINUTES if left_alone else set_to


def _local(host: str) -> str:
    """Where this machine reaches what listens on `host`."""
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104  # not bound here
