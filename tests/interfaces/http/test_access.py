"""Every route of the application, called by nobody, a guest and each role."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.routes import HTTPRoute

from domain.identity.values import ROLES
from interfaces.http.app import create_app
from interfaces.http.edge import Edge
from tests.support import arranging as arrange
from tests.support.access import (
    ADMIN,
    ANALYSTS,
    AUDITORS,
    GUEST,
    HOST,
    HOST_OR_ADMIN,
    LOG_READERS,
    NOBODY,
    REGISTERED,
    SIGNED_IN,
    SOME_ID,
    STREAM,
    Route,
    page,
    public,
)
from tests.support.arranging import (
    Call,
    Caller,
    Ground,
    on_a_moderated_show,
    on_a_ready_show,
    on_a_show,
    plain,
)
from tests.support.databases import claimed_redis_database
from tests.support.http import BASE, Api, api_settings, problem, running_api
from tests.support.services import service_url
from tests.support.shop_access import SHOP
from tests.support.sign_in import APP
from tests.support.simulated_identity import identity_environ, simulated_providers
from tests.support.simulators import WebhookCatcher

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSONAL = (f"{BASE}/auth/", f"{BASE}/me/", f"{BASE}/users", f"{BASE}/events", "/sign-in")
SHOW = {"json": {"title": "Test Stream", "description": "Testing"}}
OUTPUT = {"json": {"url": "rtmps://other.example/app", "stream_key": "invented"}}
COVER = {"json": {"content_type": "image/png", "size": 9, "purpose": "stream_thumbnail"}}
AVATAR = {"json": {"content_type": "image/png", "size": 9, "purpose": "avatar"}}


TABLE: dict[tuple[str, str], Route] = {
    ("GET", "/"): page("/"),
    ("GET", "/schema"): page("/schema"),
    ("GET", "/schema/openapi.json"): page("/schema/openapi.json"),
    ("GET", "/schema/style.css"): page("/schema/style.css"),
    ("GET", "/sign-in"): page("/sign-in"),
    ("GET", "/sign-in/done"): page("/sign-in/done"),
    ("GET", "/erasures/{code}"): public(200, arrange.asked_to_be_forgotten),
    ("GET", "/.well-known/jwks.json"): page("/.well-known/jwks.json"),
    ("GET", "/health/live"): page("/health/live"),
    ("GET", "/health/ready"): page("/health/ready"),
    ("GET", "/metrics"): page("/metrics"),
    ("GET", f"{BASE}/health/live"): page(f"{BASE}/health/live"),
    ("GET", f"{BASE}/health/ready"): page(f"{BASE}/health/ready"),
    ("GET", f"{BASE}/metrics"): page(f"{BASE}/metrics"),
    ("GET", f"{BASE}/i18n/{{language}}"): page(f"{BASE}/i18n/th"),
    ("POST", f"{BASE}/auth/guest"): public(
        200, plain(f"{BASE}/auth/guest", json={"market": "TW", "language": "zh-TW"})
    ),
    ("GET", f"{BASE}/auth/providers"): page(f"{BASE}/auth/providers"),
    ("GET", f"{BASE}/auth/{{provider}}/authorize"): page(
        f"{BASE}/auth/line/authorize?redirect_uri={APP}"
    ),
    ("GET", f"{BASE}/auth/{{provider}}/callback"): public(302, arrange.come_back),
    ("POST", f"{BASE}/auth/{{provider}}/callback"): public(303, arrange.come_back_by_form),
    ("POST", f"{BASE}/auth/{{provider}}/token"): public(200, arrange.native_proof),
    ("POST", f"{BASE}/auth/exchange"): public(200, arrange.one_time_code),
    ("POST", f"{BASE}/auth/dev"): public(
        200, plain(f"{BASE}/auth/dev", json={"name": "Anybody", "roles": []})
    ),
    ("POST", f"{BASE}/auth/refresh"): public(
        200, arrange.with_a_refresh_token(f"{BASE}/auth/refresh")
    ),
    ("POST", f"{BASE}/auth/logout"): public(
        204, arrange.with_a_refresh_token(f"{BASE}/auth/logout")
    ),
    ("GET", f"{BASE}/me"): Route(SIGNED_IN, 200, plain(f"{BASE}/me")),
    ("PATCH", f"{BASE}/me"): Route(SIGNED_IN, 200, plain(f"{BASE}/me", json={"name": "New"})),
    ("DELETE", f"{BASE}/me"): Route(SIGNED_IN, 202, plain(f"{BASE}/me")),
    ("GET", f"{BASE}/me/export"): Route(SIGNED_IN, 200, plain(f"{BASE}/me/export")),
    ("GET", f"{BASE}/me/identities"): Route(SIGNED_IN, 200, plain(f"{BASE}/me/identities")),
    ("DELETE", f"{BASE}/me/identities/{{provider}}"): Route(SIGNED_IN, 200, arrange.two_ways_in),
    ("GET", f"{BASE}/me/consents"): Route(SIGNED_IN, 200, plain(f"{BASE}/me/consents")),
    ("PUT", f"{BASE}/me/consents/{{document}}"): Route(
        SIGNED_IN, 200, plain(f"{BASE}/me/consents/terms", json={"version": "1"})
    ),
    ("DELETE", f"{BASE}/me/consents/{{document}}"): Route(
        SIGNED_IN, 200, plain(f"{BASE}/me/consents/terms")
    ),
    ("GET", f"{BASE}/me/sessions"): Route(SIGNED_IN, 200, plain(f"{BASE}/me/sessions")),
    ("DELETE", f"{BASE}/me/sessions/{{session_id}}"): Route(SIGNED_IN, 200, arrange.own_session),
    ("GET", f"{BASE}/users"): Route(ADMIN, 200, plain(f"{BASE}/users")),
    ("PUT", f"{BASE}/users/{{user_id}}/roles"): Route(ADMIN, 200, arrange.other_person),
    ("GET", f"{BASE}/streams"): page(f"{BASE}/streams"),
    ("POST", f"{BASE}/streams"): Route(HOST, 201, plain(f"{BASE}/streams", **SHOW)),
    ("GET", f"{BASE}/streams/{{stream_id}}"): public(200, on_a_show(STREAM)),
    ("PATCH", f"{BASE}/streams/{{stream_id}}"): Route(
        HOST_OR_ADMIN, 200, on_a_show(STREAM, json={"title": "Other"})
    ),
    ("POST", f"{BASE}/streams/{{stream_id}}/start"): Route(
        HOST_OR_ADMIN, 200, on_a_ready_show(f"{STREAM}/start")
    ),
    ("POST", f"{BASE}/streams/{{stream_id}}/end"): Route(HOST_OR_ADMIN, 200, arrange.live_show),
    ("POST", f"{BASE}/streams/{{stream_id}}/cancel"): Route(
        HOST_OR_ADMIN, 200, on_a_ready_show(f"{STREAM}/cancel")
    ),
    ("POST", f"{BASE}/streams/{{stream_id}}/thumbnail"): Route(
        HOST_OR_ADMIN, 200, arrange.uploaded_cover
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/ingest"): Route(
        HOST, 200, on_a_ready_show(f"{STREAM}/ingest")
    ),
    ("POST", f"{BASE}/streams/{{stream_id}}/ingest/rotate"): Route(
        HOST_OR_ADMIN, 200, on_a_ready_show(f"{STREAM}/ingest/rotate")
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/outputs"): Route(
        HOST_OR_ADMIN, 200, on_a_show(f"{STREAM}/outputs")
    ),
    ("POST", f"{BASE}/streams/{{stream_id}}/outputs"): Route(
        HOST_OR_ADMIN, 201, on_a_show(f"{STREAM}/outputs", **OUTPUT)
    ),
    ("DELETE", f"{BASE}/streams/{{stream_id}}/outputs/{{output_id}}"): Route(
        HOST_OR_ADMIN, 200, arrange.added_output
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/messages"): Route(
        SIGNED_IN, 200, on_a_show(f"{STREAM}/messages")
    ),
    ("POST", f"{BASE}/streams/{{stream_id}}/messages"): Route(
        SIGNED_IN, 201, on_a_show(f"{STREAM}/messages", json={"text": "Hello"})
    ),
    ("DELETE", f"{BASE}/streams/{{stream_id}}/messages/{{message_id}}"): Route(
        SIGNED_IN, 200, arrange.own_message
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/room"): Route(
        SIGNED_IN, 200, on_a_show(f"{STREAM}/room")
    ),
    # The room itself says who moderates it, be it whoever the host has appointed.
    ("PATCH", f"{BASE}/streams/{{stream_id}}/room"): Route(
        SIGNED_IN, 200, on_a_moderated_show(f"{STREAM}/room", json={"slow_mode_seconds": 5})
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/room/moderators"): Route(
        SIGNED_IN, 200, on_a_show(f"{STREAM}/room/moderators")
    ),
    ("PUT", f"{BASE}/streams/{{stream_id}}/room/moderators/{{user_id}}"): Route(
        HOST_OR_ADMIN, 200, on_a_show(f"{STREAM}/room/moderators/{SOME_ID}")
    ),
    ("DELETE", f"{BASE}/streams/{{stream_id}}/room/moderators/{{user_id}}"): Route(
        HOST_OR_ADMIN, 200, on_a_show(f"{STREAM}/room/moderators/{SOME_ID}")
    ),
    ("PUT", f"{BASE}/streams/{{stream_id}}/room/mutes/{{user_id}}"): Route(
        SIGNED_IN, 200, on_a_moderated_show(f"{STREAM}/room/mutes/{SOME_ID}", json={"seconds": 9})
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/room/bans"): Route(
        SIGNED_IN, 200, on_a_moderated_show(f"{STREAM}/room/bans")
    ),
    ("PUT", f"{BASE}/streams/{{stream_id}}/room/bans/{{user_id}}"): Route(
        SIGNED_IN, 200, on_a_moderated_show(f"{STREAM}/room/bans/{SOME_ID}")
    ),
    ("DELETE", f"{BASE}/streams/{{stream_id}}/room/bans/{{user_id}}"): Route(
        SIGNED_IN, 200, on_a_moderated_show(f"{STREAM}/room/bans/{SOME_ID}")
    ),
    ("PUT", f"{BASE}/streams/{{stream_id}}/room/pin"): Route(
        SIGNED_IN, 200, arrange.message_to_pin
    ),
    ("DELETE", f"{BASE}/streams/{{stream_id}}/room/pin"): Route(
        SIGNED_IN, 200, on_a_moderated_show(f"{STREAM}/room/pin")
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/feed"): Route(
        SIGNED_IN, 200, on_a_show(f"{STREAM}/feed")
    ),
    ("GET", f"{BASE}/streams/{{stream_id}}/audience"): Route(
        HOST | ANALYSTS, 200, on_a_show(f"{STREAM}/audience")
    ),
    **SHOP,
    ("POST", f"{BASE}/media"): Route(REGISTERED, 201, plain(f"{BASE}/media", **AVATAR)),
    ("GET", f"{BASE}/events"): Route(LOG_READERS, 200, plain(f"{BASE}/events")),
    ("GET", f"{BASE}/events/feed"): Route(LOG_READERS, 200, plain(f"{BASE}/events/feed")),
    ("GET", f"{BASE}/audit/verify"): Route(AUDITORS, 200, plain(f"{BASE}/audit/verify")),
    ("GET", f"{BASE}/projections"): Route(ANALYSTS, 200, plain(f"{BASE}/projections")),
    ("POST", f"{BASE}/projections/{{name}}/rebuild"): Route(
        ADMIN, 202, plain(f"{BASE}/projections/broadcasts/rebuild")
    ),
    ("POST", f"{BASE}/projections/{{name}}/retry"): Route(
        ADMIN, 202, plain(f"{BASE}/projections/broadcasts/retry")
    ),
    # Nothing is parked here: as far as one gets who may.
    ("POST", f"{BASE}/projections/{{name}}/release"): Route(
        ADMIN, 409, plain(f"{BASE}/projections/broadcasts/release?stream=nope")
    ),
    ("GET", f"{BASE}/jobs/dead"): Route(ADMIN, 200, plain(f"{BASE}/jobs/dead")),
    ("POST", f"{BASE}/jobs/dead/{{job_id}}/requeue"): Route(ADMIN, 202, arrange.dead_job),
    ("POST", f"{BASE}/webhooks/cloudflare/live"): public(200, arrange.live_notification),
    ("POST", f"{BASE}/webhooks/cloudflare/video"): public(200, arrange.video_notification),
    ("POST", f"{BASE}/webhooks/facebook/deletion"): public(
        200, arrange.notice("facebook", "deletion", f"{BASE}/webhooks/facebook/deletion")
    ),
    ("POST", f"{BASE}/webhooks/facebook/deauthorize"): public(
        200, arrange.notice("facebook", "deauthorize", f"{BASE}/webhooks/facebook/deauthorize")
    ),
    ("POST", f"{BASE}/webhooks/apple"): public(
        200, arrange.notice("apple", "consent-revoked", f"{BASE}/webhooks/apple")
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    folder: Path = tmp_path_factory.mktemp("access")
    with claimed_redis_database(service_url("redis")) as redis_url:
        async with (
            simulated_providers(folder / "providers") as simulators,
            WebhookCatcher().listening() as catcher,
        ):
            settings = api_settings(
                folder,
                database_url=f"sqlite+aiosqlite:///{folder}/live.db",
                redis_url=redis_url,
                prefix=f"t{uuid4().hex[:12]}:",
                LIVE_SIGN_IN_LIMIT_PER_ADDRESS="0",
                LIVE_R2_ENDPOINT_URL=f"{simulators.url}/r2",
                LIVE_R2_ACCESS_KEY_ID=simulators.config.r2_access_key_id,
                LIVE_R2_SECRET_ACCESS_KEY=simulators.config.r2_secret_access_key,
                **identity_environ(simulators),
            )
            async with running_api(settings) as api:
                yield Ground(api=api, simulators=simulators, catcher=catcher)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def callers(ground: Ground) -> list[Caller]:
    return await made_callers(ground.api, "for all")


def served(api: Api) -> Iterator[tuple[str, str]]:
    edge = cast("Edge", create_app(api.platform, api.hub))
    for route in cast("Litestar", edge.app).routes:
        if isinstance(route, HTTPRoute):
            for method in route.methods:
                if method != "OPTIONS":
                    yield method, route.path_format


async def made_callers(api: Api, names: str) -> list[Caller]:
    """Nobody, a guest, and one for each role who has that role alone."""
    guest = {"market": "TW", "language": "zh-TW"}
    answers = [await api.client.post(f"{BASE}/auth/guest", json=guest)]
    for role in ROLES:
        body = {"name": f"{role} {names}"[:100], "roles": [role]}
        answers.append(await api.client.post(f"{BASE}/auth/dev", json=body))
    found = [Caller(name=NOBODY, headers={})]
    for name, answer in zip((GUEST, *ROLES), answers, strict=True):
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        found.append(Caller(name=name, headers=headers, user_id=answer.json()["user"]["id"]))
    return found


async def called(api: Api, method: str, call: Call, caller: Caller) -> tuple[int, str]:
    """Status and problem code; the body of a feed is not waited for."""
    headers = {**call.headers, **caller.headers}
    async with api.client.stream(method, call.path, headers=headers, **call.sent) as answer:
        if f"{call.path}/".startswith(PERSONAL):
            assert answer.headers["cache-control"] == "no-store"
        if answer.is_client_error or answer.is_server_error:
            await answer.aread()
            return answer.status_code, str(problem(answer)["code"])
        return answer.status_code, ""


def filled(path: str) -> str:
    for name in re.findall(r"\{(\w+_id)\}", path):
        path = path.replace(f"{{{name}}}", SOME_ID)
    return path.replace("{name}", "broadcasts")


def expected(route: Route, caller: Caller) -> tuple[int, str]:
    if caller.name == NOBODY:
        return 401, "unauthenticated"
    if caller.name == GUEST and route.may == REGISTERED:
        return 403, "registration_required"
    return 403, "forbidden"


async def test_every_route_stands_in_the_table_of_who_may_call_it(ground: Ground) -> None:
    assert set(served(ground.api)) == set(TABLE)


@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
async def test_route_lets_in_who_may_and_nobody_else(
    ground: Ground, callers: list[Caller], method: str, path: str
) -> None:
    route = TABLE[method, path]
    if route.may == SIGNED_IN or path.endswith("/token"):
        callers = await made_callers(ground.api, f"{method} {path}")
    for caller in callers:
        if caller.name in route.may:
            call = await route.arrange(ground, caller)
            status, _ = await called(ground.api, method, call, caller)
            assert (caller.name, status) == (caller.name, route.status)
        else:
            found = await called(ground.api, method, Call(path=filled(path)), caller)
            assert (caller.name, *found) == (caller.name, *expected(route, caller))


@pytest.mark.parametrize("role", ["viewer", "moderator", "merchant", "analyst", "auditor"])
async def test_cover_of_a_show_is_uploaded_by_hosts_alone(ground: Ground, role: str) -> None:
    headers = await ground.api.headers(f"No host, {role}", role)  # type: ignore[arg-type]  # a role
    answer = await ground.api.client.post(f"{BASE}/media", headers=headers, **COVER)
    assert (answer.status_code, problem(answer)["code"]) == (403, "forbidden")
