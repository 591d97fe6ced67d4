"""A provider's public keys (RFC 7517), fetched when they are needed."""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from application.identity.ports import SignInRefused
from application.ports import ProviderUnavailable
from infrastructure.identity_providers.calls import ProviderCalls

_MAX_AGE = re.compile(r"max-age=([0-9]{1,9})")
_KEPT_SECONDS, _LEAST_KEPT, _LONGEST_KEPT = 3600.0, 300.0, 21600.0
_USABLE_SECONDS = 86400.0
_FETCHES, _PER_SECONDS = 3, 60.0


class KeySet:
    """Keys by their `kid`, of one algorithm.

    An unknown `kid` has them fetched again at once, for the provider may have changed its keys;
    but never more than three times a minute, for anybody can make up a `kid`. Until it may be
    asked again nobody knows of it, and who brings it is told to come back. Keys that have grown
    old are used on for a day while the provider does not answer.
    """

    def __init__(
        self,
        calls: ProviderCalls,
        url: str,
        *,
        algorithm: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls = calls
        self._url = url
        self._algorithm = algorithm
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = self._fresh_until = float("-inf")
        self._fetches: deque[float] = deque(maxlen=_FETCHES)
        self._lock = asyncio.Lock()

    async def key(self, kid: object) -> PyJWK:
        """Raises `SignInRefused` when there is none, `ProviderUnavailable` when nobody knows."""
        if not isinstance(kid, str):
            raise SignInRefused("unknown_key")
        if kid not in self._keys or self._clock() > self._fresh_until:
            await self._refresh(kid)
        if self._clock() - self._fetched_at > _USABLE_SECONDS:
            raise ProviderUnavailable(f"{self._calls.provider}'s keys are too old to go by")
        found = self._keys.get(kid)
        if found is None:
            raise SignInRefused("unknown_key")
        return found

    async def _refresh(self, kid: str) -> None:
        fetched_at = self._fetched_at
        async with self._lock:
            if self._fetched_at != fetched_at:
                return  # somebody else's fetch, while this one waited
            try:
                await self._fetch()
            except ProviderUnavailable:
                if kid not in self._keys:
                    raise

    async def _fetch(self) -> None:
        now = self._clock()
        if len(self._fetches) == _FETCHES and (wait := self._fetches[0] + _PER_SECONDS - now) > 0:
            raise ProviderUnavailable(
                f"{self._calls.provider}'s keys were just asked for", retry_after=wait
            )
        self._fetches.append(now)
        answer = await self._calls.send("keys", "GET", self._url)
        keys = _keys(answer.body, self._algorithm)
        if not (answer.ok and keys):
            raise ProviderUnavailable(f"{self._calls.provider}'s keys could not be read")
        self._keys = keys
        self._fetched_at = self._clock()
        self._fresh_until = self._fetched_at + _kept(answer.max_age)


def _keys(body: Mapping[str, Any], algorithm: str) -> dict[str, PyJWK]:
    rows = body.get("keys")
    found = [_key(row, algorithm) for row in rows] if isinstance(rows, list) else []
    return {key.key_id: key for key in found if key is not None and key.key_id}


def _key(row: Any, algorithm: str) -> PyJWK | None:
    """None for a key of another kind: a set may hold such."""
    if not isinstance(row, dict) or row.get("alg", algorithm) != algorithm:
        return None
    if row.get("use", "sig") != "sig" or not isinstance(row.get("kid"), str):
        return None
    try:
        return PyJWK(row, algorithm)
    except (PyJWTError, ValueError, TypeError):
        return None


def _kept(cache_control: str) -> float:
    found = _MAX_AGE.search(cache_control)
    asked = float(found[1]) if found else _KEPT_SECONDS
    return min(max(asked, _LEAST_KEPT), _LONGEST_KEPT)
