"""Asks Cloudflare whether it still takes our playback signing key."""

from collections.abc import Mapping

import msgspec

from application.ports import ProviderUnavailable
from infrastructure.cloudflare.client import Call, CloudflareClient
from infrastructure.settings import SettingError


async def signing_key_ids(client: CloudflareClient) -> frozenset[str]:
    """Of every key whose tokens play. Raises `ProviderError`."""
    call = Call(operation="signing_keys", method="GET", path="/stream/keys")
    rows = msgspec.json.decode(await client.fetch(call))
    if not isinstance(rows, list):
        raise ProviderUnavailable("Cloudflare's list of signing keys could not be read")
    named = (row.get("id") or row.get("key_id") for row in rows if isinstance(row, Mapping))
    return frozenset(each for each in named if isinstance(each, str))


async def check_signing_key(client: CloudflareClient, key_id: str) -> None:
    """Before a key takes over: raises `SettingError` when the account has no such key.

    Nothing to check when playback is public. Whether the private key belongs to the id cannot be
    asked; Cloudflare shows it once.
    """
    if key_id and key_id not in await signing_key_ids(client):
        raise SettingError(
            "LIVE_PLAYBACK_SIGNING_KEY_ID", "is not among the account's Stream signing keys"
        )
