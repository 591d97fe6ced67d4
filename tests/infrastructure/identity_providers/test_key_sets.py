"""Keys are fetched when needed, again when a provider changed them, and never in a storm."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from application.identity.ports import SignInRefused
from application.ports import ProviderUnavailable
from infrastructure.identity_providers.key_sets import KeySet
from tests.infrastructure.identity_providers.issuer import Issuer, answer, issuing, jwk
from tests.support.scripted_http import Reply

URL = "https://keys.example/jwks"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing("google") as issuer:
        issuer.routes["/jwks"] = key_set(jwk("ES256", "k1"))
        yield issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(issuer: Issuer, clock: Clock) -> KeySet:
    return KeySet(issuer.calls, URL, algorithm="ES256", clock=clock)


def key_set(*rows: Any, cache_control: str = "") -> Reply:
    return answer({"keys": rows}, cache_control=cache_control)


async def test_known_key_is_fetched_once(issuer: Issuer, keys: KeySet) -> None:
    first, second = await asyncio.gather(keys.key("k1"), keys.key("k1"))
    assert first is second
    assert len(issuer.seen("/jwks")) == 1


async def test_rotated_key_is_taken_after_one_refetch(issuer: Issuer, keys: KeySet) -> None:
    await keys.key("k1")
    issuer.routes["/jwks"] = key_set(jwk("ES256", "k2", 2))
    assert (await keys.key("k2")).key_id == "k2"
    assert len(issuer.seen("/jwks")) == 2
    with pytest.raises(SignInRefused, match="unknown_key"):
        await keys.key("k1")


async def test_made_up_keys_have_the_set_fetched_three_times_a_minute(
    issuer: Issuer, keys: KeySet, clock: Clock
) -> None:
    for number in range(3):
        with pytest.raises(SignInRefused, match="unknown_key"):
            await keys.key(f"made up {number}")
    for number in range(20):
        clock.now += 0.1
        with pytest.raises(ProviderUnavailable) as told:  # it may be the provider's newest
            await keys.key(f"made up too {number}")
    assert len(issuer.seen("/jwks")) == 3
    assert told.value.retry_after == pytest.approx(58)
    clock.now += 60
    issuer.routes["/jwks"] = key_set(jwk("ES256", "k2", 2))
    assert (await keys.key("k2")).key_id == "k2"
    assert len(issuer.seen("/jwks")) == 4


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [("public, max-age=1200, must-revalidate", 1200), ("no-cache", 3600), ("max-age=1", 300)],
)
async def test_keys_are_kept_as_long_as_the_provider_says_within_bounds(
    issuer: Issuer, keys: KeySet, clock: Clock, cache_control: str, seconds: float
) -> None:
    issuer.routes["/jwks"] = key_set(jwk("ES256", "k1"), cache_control=cache_control)
    await keys.key("k1")
    clock.now += seconds - 1
    await keys.key("k1")
    assert len(issuer.seen("/jwks")) == 1
    clock.now += 2
    await keys.key("k1")
    assert len(issuer.seen("/jwks")) == 2


async def test_old_keys_serve_for_a_day_while_the_provider_is_down(
    issuer: Issuer, keys: KeySet, clock: Clock
) -> None:
    await keys.key("k1")
    issuer.routes["/jwks"] = Reply(status=503)
    clock.now += 80_000
    assert (await keys.key("k1")).key_id == "k1"
    clock.now += 80_000
    for _ in range(5):  # the later ones are not asked for any more
        with pytest.raises(ProviderUnavailable):
            await keys.key("k1")
    assert len(issuer.seen("/jwks")) == 5
    clock.now += 60
    issuer.routes["/jwks"] = key_set(jwk("ES256", "k1"))
    assert (await keys.key("k1")).key_id == "k1"


async def test_nobody_knows_a_new_key_while_all_that_is_known_is_too_old(
    issuer: Issuer, keys: KeySet, clock: Clock
) -> None:
    await keys.key("k1")
    issuer.routes["/jwks"] = Reply(status=503)
    clock.now += 90_000
    for _ in range(5):
        with pytest.raises(ProviderUnavailable):
            await keys.key("k2")


@pytest.mark.parametrize(
    "reply",
    [Reply(status=500), Reply(hangs_up=True), Reply(body=b"<html>"), answer({"keys": []})],
)
async def test_keys_that_cannot_be_had_are_the_providers_failure(
    issuer: Issuer, keys: KeySet, reply: Reply
) -> None:
    issuer.routes["/jwks"] = reply
    for _ in range(5):
        with pytest.raises(ProviderUnavailable):
            await keys.key("k1")
    assert len(issuer.seen("/jwks")) == 3


@pytest.mark.parametrize(
    "row",
    [
        jwk("RS256", "k2"),
        {**jwk("ES256", "k2"), "use": "enc"},
        {**jwk("ES256", "k2"), "x": "!"},
        {"kid": "k2", "kty": "oct", "k": "c2VjcmV0", "alg": "ES256"},
        {"kid": 2},
        "k2",
    ],
)
async def test_key_of_another_kind_is_no_key(issuer: Issuer, keys: KeySet, row: Any) -> None:
    issuer.routes["/jwks"] = key_set(jwk("ES256", "k1"), row)
    assert (await keys.key("k1")).key_id == "k1"
    with pytest.raises(SignInRefused, match="unknown_key"):
        await keys.key("k2")


async def test_token_without_a_key_id_asks_nobody(issuer: Issuer, keys: KeySet) -> None:
    with pytest.raises(SignInRefused, match="unknown_key"):
        await keys.key(None)
    assert not issuer.server.requests
