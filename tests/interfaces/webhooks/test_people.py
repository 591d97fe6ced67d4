"""What Facebook and Apple tell of people by themselves, and what the person is shown of it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.shared import ERASED_TEXT
from infrastructure.simulators.serving import Simulators
from interfaces.jobs.identity import handlers
from tests.support.http import BASE, Api, api_settings, problem, running_api
from tests.support.sign_in import bearer, from_app, send_proof, signed_in_by
from tests.support.simulated_identity import control, identity_environ, simulated_providers


@dataclass(frozen=True, kw_only=True)
class World:
    api: Api
    simulators: Simulators

    async def told(self, provider: str, person: str, event: str, **sending: Any) -> Any:
        """Has the provider tell us; its record of what we answered."""
        order = {"to": f"{self.api.url}{BASE}/webhooks", **sending}
        path = f"/{provider}/people/{person}/{event}"
        return await control(self.simulators.url, "POST", path, order)

    async def work_off(self) -> int:
        """Takes every notice that waits; how many."""
        platform = self.api.platform
        waiting = await platform.notices.unfinished(datetime.now(UTC) + timedelta(seconds=1))
        for webhook_id in waiting:
            await platform.services.identity.notices.take_notice(webhook_id)
        return len(waiting)

    async def status_page(self, url: str, language: str = "en") -> httpx.Response:
        path = url.removeprefix(self.api.platform.settings.public_url)
        return await self.api.client.get(path, headers={"Accept-Language": language})


@pytest.fixture
async def world(
    tmp_path: Path, sqlite_url: str, redis_url: str, redis_prefix: str
) -> AsyncIterator[World]:
    async with simulated_providers(tmp_path / "providers") as simulators:
        settings = api_settings(
            tmp_path,
            database_url=sqlite_url,
            redis_url=redis_url,
            prefix=redis_prefix,
            LIVE_R2_ENDPOINT_URL=f"{simulators.url}/r2",
            LIVE_R2_ACCESS_KEY_ID=simulators.config.r2_access_key_id,
            LIVE_R2_SECRET_ACCESS_KEY=simulators.config.r2_secret_access_key,
            **identity_environ(simulators),
        )
        async with running_api(settings) as api:
            yield World(api=api, simulators=simulators)


async def test_person_who_asks_facebook_to_be_forgotten_can_see_it_done(world: World) -> None:
    tokens = await signed_in_by(world.api, "facebook", "mei")
    notice = await world.told("facebook", "mei", "deletion")
    answer = json.loads(notice["answer"])
    assert answer["url"].endswith(f"/erasures/{answer['confirmation_code']}")
    assert answer["confirmation_code"].isalnum()
    shown = await world.status_page(answer["url"], "zh-TW")
    assert "正在刪除" in shown.text
    assert await world.work_off() == 1
    shown = await world.status_page(answer["url"], "th")
    assert (shown.status_code, shown.headers["content-language"]) == (200, "th")
    assert "ลบข้อมูลส่วนบุคคลของคุณแล้ว" in shown.text
    me = await world.api.client.get(f"{BASE}/me", headers=bearer(tokens))
    assert problem(me)["code"] == "invalid_token"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "What Facebook told us about you has been deleted"),
        ("zh-TW", "Facebook 提供給我們的您的資料已經刪除"),
        ("zh-CN", "Facebook 提供给我们的您的信息已删除"),
        ("ja", "Facebook から受け取ったお客様のデータを削除しました"),
        ("th", "ลบข้อมูลเกี่ยวกับคุณที่ Facebook ให้เราไว้แล้ว"),
    ],
)
async def test_person_whose_account_goes_on_is_told_so(
    world: World, language: str, words: str
) -> None:
    tokens = await signed_in_by(world.api, "line", "mei")
    proof = await from_app(world.simulators, "facebook", "mei")
    await send_proof(world.api, "facebook", proof, bearer(tokens))
    answer = json.loads((await world.told("facebook", "mei", "deletion"))["answer"])
    assert await world.work_off() == 1
    assert words in (await world.status_page(answer["url"], language)).text
    export = await world.api.client.get(f"{BASE}/me/export", headers=bearer(tokens))
    linked = [
        each["data"] for each in export.json()["events"] if each["type"].endswith("IdentityLinked")
    ]
    told = {each["provider"]: (each["name"], each["email"]) for each in linked}
    assert told["facebook"] == (ERASED_TEXT, ERASED_TEXT)
    assert ERASED_TEXT not in told["line"]


async def test_nothing_of_the_person_stays_in_the_inbox(world: World) -> None:
    await signed_in_by(world.api, "facebook", "mei")
    await world.told("facebook", "mei", "deletion")
    (webhook_id,) = await world.api.platform.notices.unfinished(
        datetime.now(UTC) + timedelta(seconds=1)
    )
    await world.work_off()
    stored = await world.api.platform.notices.get(webhook_id)
    assert stored is not None
    assert (stored.status, stored.body) == ("done", b"account_erased")


async def test_person_who_removes_our_app_keeps_the_account(world: World) -> None:
    tokens = await signed_in_by(world.api, "line", "riley")
    for provider in ("facebook", "apple"):
        proof = await from_app(world.simulators, provider, "riley")
        await send_proof(world.api, provider, proof, bearer(tokens))
    await world.told("facebook", "riley", "deauthorize")
    await world.told("apple", "riley", "consent-revoked")
    assert await world.work_off() == 2
    position = await world.api.platform.log.head()
    url = f"{BASE}/me/identities?min_position={position}"
    left = await world.api.client.get(url, headers=bearer(tokens))
    assert [each["provider"] for each in left.json()["items"]] == ["line"]


async def test_notice_that_comes_twice_is_stored_once(world: World) -> None:
    await signed_in_by(world.api, "apple", "mei")
    await world.told("apple", "mei", "account-delete", times=2)
    assert await world.work_off() == 1


async def test_notice_that_was_never_handed_over_is_found_by_the_sweep(world: World) -> None:
    platform = world.api.platform
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    await platform.notices.store("apple", "lost", b"{}", long_ago)
    await platform.inbox.store("cloudflare_live", "not a person's", b"{}", long_ago)
    run = {
        job.name: do
        for job, do in handlers(
            platform.services.identity, platform.notices, platform.jobs, _nothing_to_scrub
        )
    }
    await run["identity.sweep_notices"]()
    assert sum(size.waiting for size in await platform.jobs.sizes()) == 1


async def _nothing_to_scrub() -> None:
    return None


async def test_notice_about_mail_is_let_pass(world: World) -> None:
    await world.told("apple", "riley", "email-disabled")
    assert await world.work_off() == 0


@pytest.mark.parametrize(
    ("provider", "event"),
    [("facebook", "deletion"), ("facebook", "deauthorize"), ("apple", "account-delete")],
)
async def test_forged_notice_is_refused_and_not_stored(
    world: World, provider: str, event: str
) -> None:
    notice = await world.told(provider, "mei", event, forged=True)
    assert notice["status"] == 401
    assert await world.work_off() == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/facebook/deletion", b""),
        ("/facebook/deletion", b"signed_request="),
        ("/facebook/deletion", b"signed_request=a.b&signed_request=a.b"),
        ("/facebook/deletion", b"\xff"),
        ("/facebook/deauthorize", b"signed_request=" + b"a" * 1000),
        ("/apple", b""),
        ("/apple", b"{}"),
        ("/apple", b'{"payload": "a.b.c"}'),
        ("/apple", b'{"payload": 1}'),
    ],
)
async def test_nonsense_is_refused(world: World, path: str, body: bytes) -> None:
    answer = await world.api.client.post(f"{BASE}/webhooks{path}", content=body)
    assert (answer.status_code, problem(answer)["code"]) == (401, "invalid_signature")


async def test_provider_that_is_not_set_up_has_no_webhooks(
    tmp_path: Path, sqlite_url: str, redis_url: str, redis_prefix: str
) -> None:
    settings = api_settings(
        tmp_path, database_url=sqlite_url, redis_url=redis_url, prefix=redis_prefix
    )
    async with running_api(settings, projecting=False) as api:
        for path in ("/facebook/deletion", "/apple"):
            answer = await api.client.post(f"{BASE}/webhooks{path}", content=b"{}")
            assert answer.status_code == 404


@pytest.mark.parametrize("code", ["nonsense", "0" * 32, "a" * 500])
async def test_confirmation_code_nobody_was_given_is_not_found(world: World, code: str) -> None:
    shown = await world.status_page(f"/erasures/{code}", "ja")
    assert shown.status_code == 404
