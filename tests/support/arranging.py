"""For every route, what has to be there for a call to succeed, and then that call."""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from application.ports import (
    IngestCredentials,
    RtmpsCredentials,
    SrtCredentials,
    WhipCredentials,
)
from application.streaming.provisioning import credentials_ref
from domain.streaming.commands import ObserveFeed, RecordLiveInput, StartLiveStream
from infrastructure.ids import new_id
from infrastructure.jobs.dead_jobs import DeadJob
from infrastructure.simulators.serving import Simulators
from tests.support.http import BASE, LIVE_SECRET, VIDEO_SECRET, Api
from tests.support.sign_in import APP, from_app, send_proof
from tests.support.simulated_identity import control, sign_in_at
from tests.support.simulators import WebhookCatcher

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 120


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody who calls; `user_id` is None for nobody."""

    name: str
    headers: Mapping[str, str]
    user_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ground:
    api: Api
    simulators: Simulators
    catcher: WebhookCatcher

    async def somebody(self) -> str:
        """A person the providers know, and nobody has met yet; their id there."""
        person = f"p{new_id()}"
        known = {"id": person, "given_name": "A", "family_name": "B", "name": "A B"}
        await control(self.simulators.url, "POST", "/people", known)
        return person

    async def shown(self, caller: Caller) -> tuple[str, dict[str, str]]:
        """A new show of the caller's, else of another host's; and its host's headers."""
        headers = dict(caller.headers)
        if caller.name != "host":
            headers = await self.api.headers("Another host", "host")
        stream_id, _ = await self.api.announced(headers)
        return stream_id, headers

    async def ready(self, caller: Caller) -> tuple[str, dict[str, str]]:
        stream_id, host = await self.shown(caller)
        credentials = IngestCredentials(
            rtmps=RtmpsCredentials("rtmps://live.example:443/live/", "invented"),
            srt=SrtCredentials("srt://live.example:778", "an id", "invented"),
            whip=WhipCredentials("https://play.example/invented/webRTC/publish"),
        )
        encoded = msgspec.json.encode(credentials)
        await self.api.platform.vault.put(credentials_ref(stream_id), encoded)
        uid = stream_id.replace("-", "")
        await self.api.reported(
            RecordLiveInput(stream_id=stream_id, input_uid=uid, customer_host="play.example")
        )
        return stream_id, host


@dataclass(frozen=True, kw_only=True)
class Call:
    path: str
    sent: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


Arrange = Callable[[Ground, Caller], Awaitable[Call]]


def plain(path: str, **sent: Any) -> Arrange:
    """Nothing needs to be there."""

    async def arrange(_ground: Ground, _caller: Caller) -> Call:
        return Call(path=path, sent=sent)

    return arrange


def on_a_show(path: str, **sent: Any) -> Arrange:
    async def arrange(ground: Ground, caller: Caller) -> Call:
        stream_id, _ = await ground.shown(caller)
        position = await ground.api.platform.log.head()
        query = f"?min_position={position}" if not sent else ""
        return Call(path=path.format(stream_id) + query, sent=sent)

    return arrange


def on_a_ready_show(path: str) -> Arrange:
    async def arrange(ground: Ground, caller: Caller) -> Call:
        stream_id, _ = await ground.ready(caller)
        return Call(path=path.format(stream_id))

    return arrange


def on_a_moderated_show(path: str, **sent: Any) -> Arrange:
    """The caller moderates its room, as its host or because the host lets them."""

    async def arrange(ground: Ground, caller: Caller) -> Call:
        stream_id = await _moderated(ground, caller)
        return Call(path=path.format(stream_id), sent=sent)

    return arrange


async def _moderated(ground: Ground, caller: Caller) -> str:
    stream_id, host = await ground.shown(caller)
    if caller.name != "host":
        path = f"{BASE}/streams/{stream_id}/room/moderators/{caller.user_id}"
        appointed = await ground.api.client.put(path, headers=host)
        assert appointed.is_success, appointed.text
    return stream_id


async def own_message(ground: Ground, caller: Caller) -> Call:
    stream_id, _ = await ground.shown(caller)
    return Call(
        path=f"{BASE}/streams/{stream_id}/messages/{await _said(ground, stream_id, caller)}"
    )


async def message_to_pin(ground: Ground, caller: Caller) -> Call:
    stream_id = await _moderated(ground, caller)
    sent = {"json": {"id": await _said(ground, stream_id, caller)}}
    return Call(path=f"{BASE}/streams/{stream_id}/room/pin", sent=sent)


async def _said(ground: Ground, stream_id: str, caller: Caller) -> str:
    path, headers = f"{BASE}/streams/{stream_id}/messages", dict(caller.headers)
    said = await ground.api.client.post(path, json={"text": "Hello"}, headers=headers)
    return str(said.json()["id"])


async def live_show(ground: Ground, caller: Caller) -> Call:
    stream_id, _ = await ground.ready(caller)
    now = datetime.now(UTC)
    owner = (caller.user_id or "") if caller.name == "host" else ""
    await ground.api.reported(StartLiveStream(stream_id=stream_id, by=owner, as_admin=True))
    await ground.api.reported(
        ObserveFeed(stream_id=stream_id, state="connected", since=now, observed_at=now)
    )
    return Call(path=f"{BASE}/streams/{stream_id}/end")


async def uploaded_cover(ground: Ground, caller: Caller) -> Call:
    stream_id, _ = await ground.shown(caller)
    body = {"content_type": "image/png", "size": len(PICTURE), "purpose": "stream_thumbnail"}
    headers = dict(caller.headers)
    media = (await ground.api.client.post(f"{BASE}/media", json=body, headers=headers)).json()
    upload = media["upload"]
    async with httpx.AsyncClient(trust_env=False) as outside:
        await outside.request(
            upload["method"], upload["url"], headers=upload["headers"], content=PICTURE
        )
    sent = {"json": {"media_id": media["media_id"]}}
    return Call(path=f"{BASE}/streams/{stream_id}/thumbnail", sent=sent)


async def added_output(ground: Ground, caller: Caller) -> Call:
    stream_id, host = await ground.shown(caller)
    path = f"{BASE}/streams/{stream_id}/outputs"
    body = {"url": "rtmps://other.example/app", "stream_key": "invented"}
    added = (await ground.api.client.post(path, json=body, headers=host)).json()
    return Call(path=f"{path}/{added['id']}")


async def dead_job(ground: Ground, _caller: Caller) -> Call:
    dead = DeadJob(
        id=new_id(),
        job="streaming.reconcile_live_input",
        args=("0" * 32,),
        tries=1,
        error="invented",
        traceparent=None,
        died_us=0,
    )
    await ground.api.platform.dead_jobs.keep(dead)
    return Call(path=f"{BASE}/jobs/dead/{dead.id}/requeue")


async def other_person(ground: Ground, _caller: Caller) -> Call:
    body = {"name": f"Other {new_id()}", "roles": []}
    other = (await ground.api.client.post(f"{BASE}/auth/dev", json=body)).json()
    path = f"{BASE}/users/{other['user']['id']}/roles"
    return Call(path=path, sent={"json": {"roles": ["viewer"]}})


async def _callback(ground: Ground, provider: str) -> tuple[httpx.Request, dict[str, str]]:
    """What a person's browser sends after the provider's page, with its cookie."""
    url = f"{BASE}/auth/{provider}/authorize?redirect_uri={APP}"
    async with httpx.AsyncClient(base_url=ground.api.url, trust_env=False) as browser:
        begun = await browser.get(url)
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    callback = await sign_in_at(begun.json()["url"], await ground.somebody())
    return callback, {"cookie": cookie}


async def come_back(ground: Ground, _caller: Caller) -> Call:
    callback, cookie = await _callback(ground, "line")
    url = urlsplit(str(callback.url))
    return Call(path=f"{url.path}?{url.query}", headers=cookie)


async def come_back_by_form(ground: Ground, _caller: Caller) -> Call:
    callback, cookie = await _callback(ground, "apple")
    form = {"content-type": callback.headers["content-type"]}
    path = urlsplit(str(callback.url)).path
    return Call(path=path, sent={"content": callback.content}, headers={**cookie, **form})


async def one_time_code(ground: Ground, _caller: Caller) -> Call:
    back = await come_back(ground, _caller)
    landed = await ground.api.client.get(back.path, headers=dict(back.headers))
    code = dict(httpx.URL(landed.headers["location"]).params)["code"]
    return Call(path=f"{BASE}/auth/exchange", sent={"json": {"code": code}})


async def native_proof(ground: Ground, _caller: Caller) -> Call:
    proof = await from_app(ground.simulators, "google", await ground.somebody())
    return Call(path=f"{BASE}/auth/google/token", sent={"json": proof})


def with_a_refresh_token(path: str) -> Arrange:
    async def arrange(ground: Ground, _caller: Caller) -> Call:
        guest = {"market": "TW", "language": "zh-TW"}
        tokens = (await ground.api.client.post(f"{BASE}/auth/guest", json=guest)).json()
        return Call(path=path, sent={"json": {"refresh_token": tokens["refresh_token"]}})

    return arrange


async def two_ways_in(ground: Ground, caller: Caller) -> Call:
    person = await ground.somebody()
    for provider in ("line", "google"):
        proof = await from_app(ground.simulators, provider, person)
        await send_proof(ground.api, provider, proof, dict(caller.headers))
    return Call(path=f"{BASE}/me/identities/line")


async def own_session(ground: Ground, caller: Caller) -> Call:
    listed = await ground.api.client.get(f"{BASE}/me/sessions", headers=dict(caller.headers))
    return Call(path=f"{BASE}/me/sessions/{listed.json()['items'][0]['id']}")


async def live_notification(_ground: Ground, _caller: Caller) -> Call:
    sent = {"content": b'{"name":"n","text":"t","data":{},"ts":1}'}
    return Call(
        path=f"{BASE}/webhooks/cloudflare/live",
        sent=sent,
        headers={"cf-webhook-auth": LIVE_SECRET},
    )


async def video_notification(_ground: Ground, _caller: Caller) -> Call:
    body, moment = b'{"uid":"6b9e68b07dfee8cc2d116e4c51d6a957"}', str(int(time.time()))
    mac = hmac.new(VIDEO_SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    signature = {"Webhook-Signature": f"time={moment},sig1={mac.hexdigest()}"}
    path = f"{BASE}/webhooks/cloudflare/video"
    return Call(path=path, sent={"content": body}, headers=signature)


def notice(provider: str, event: str, path: str) -> Arrange:
    """What the provider sends of somebody, caught and to be sent on."""

    async def arrange(ground: Ground, _caller: Caller) -> Call:
        person = await ground.somebody()
        await control(
            ground.simulators.url,
            "POST",
            f"/{provider}/people/{person}/{event}",
            {"to": ground.catcher.url},
        )
        caught = ground.catcher.caught[-1]
        media_type = {"content-type": caught.headers["content-type"]}
        return Call(path=path, sent={"content": caught.body}, headers=media_type)

    return arrange


async def asked_to_be_forgotten(ground: Ground, _caller: Caller) -> Call:
    webhook_id, _ = await ground.api.platform.notices.store(
        "facebook_deletion", new_id(), b"", datetime.now(UTC)
    )
    return Call(path=f"/erasures/{webhook_id.replace('-', '')}")
