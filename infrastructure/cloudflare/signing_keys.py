"""Asks Cloudflare whether it still takes our playback signing key."""

import asyncio
from collections.abc import Mapping

import msgspec
import structlog

from application.ports import ProviderError, ProviderUnavailable
from infrastructure.cloudflare.client import Call, CloudflareClient, open_client
from infrastructure.settings import SettingError, Settings

_PATIENCE_SECONDS = 5.0
_log = structlog.get_logger(__name__)


async def signing_key_ids(client: CloudflareClient) -> frozenset[str]:
    """Of every key whose tokens play. Raises `ProviderError`."""
    call = Call(operation="signing_keys", method="GET", path="/stream/keys")
    rows = msgspec.json.decode(await client.fetch(call))
    if not isinstance(rows, list):
        raise ProviderUnavailable("Cloudflare's list of signing keys could not be read")
    named = (row.get("id") or row.get("key_id") for row in rows if isinstance(row, Mapping))
    return frozenset(each for each in named if isinstance(each, str))


async def check_configured_key(settings: Settings) -> None:
    """`check_signing_key` of the settings, at start. A Cloudflare that does not answer soon must
    not keep us from starting. Raises `SettingError`."""
    if not settings.playback_signing_key_id:
        return
    client = open_client(settings)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await check_signing_key(client, settings.playback_signing_key_id)
    except (ProviderError, TimeoutError) as problem:
        _log.warning("the playback signing key was not checked", error=type(problem).__name__)
    finally:
        await client.aclose()


async def check_signing_key(client: CloudflareClient, key_id: str) -> None:
    """Before a key takes over: raises `SettingError` when the account has no such key.

    Nothing to check when playback is public. Whether the private key belongs to the id cannot be
    asked; Cloudflare shows it once.
    """
    if key_id and key_id not in await signing_key_ids(client):
        raise SettingError(
            "LIVE_PLAYBACK_SIGNING_KEY_ID", "is not among the account's Stream signing keys"
        )
