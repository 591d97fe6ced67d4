"""What Cloudflare's API answers, and a client on it, for tests of the adapter."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from redis.asyncio import Redis

from infrastructure.cloudflare.client import Account, CloudflareClient
from infrastructure.cloudflare.gate import Allowance, CallGate
from infrastructure.cloudflare.inputs import Recording
from infrastructure.cloudflare.live_video import CloudflareLiveVideo
from infrastructure.settings import Secret
from tests.support.scripted_http import Reply, Request, ScriptedServer

TOKEN = "planted-api-token-0123456789abcdefABCDEF"
UID = "f256e6ea9341d51eea64c9454659e576"
STREAM_KEY = f"00112233445566778899aabbccddeeffk{UID}"
PASSPHRASE = f"ffeeddccbbaa99887766554433221100k{UID}"
HOST = "customer-m033z5x00ks6nunl.cloudflarestream.com"


def ok(result: Any, **headers: str) -> Reply:
    envelope = {"result": result, "success": True, "errors": [], "messages": []}
    return Reply(body=json.dumps(envelope).encode(), headers=headers)


def refused(status: int, code: int = 10005, message: str = "no", **headers: str) -> Reply:
    errors = [{"code": code, "message": message}]
    envelope = {"result": None, "success": False, "errors": errors, "messages": []}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, body=json.dumps(envelope).encode(), headers=named)


def input_object(uid: str = UID, **fields: Any) -> dict[str, Any]:
    """A live input as the API writes one, credentials and all."""
    secret = STREAM_KEY.replace(UID, uid)
    return {
        "uid": uid,
        "rtmps": {"url": "rtmps://live.cloudflare.com:443/live/", "streamKey": secret},
        "srt": {
            "url": "srt://live.cloudflare.com:778",
            "streamId": uid,
            "passphrase": PASSPHRASE.replace(UID, uid),
        },
        "webRTC": {"url": f"https://{HOST}/{secret}/webRTC/publish"},
        "webRTCPlayback": {"url": f"https://{HOST}/{uid}/webRTC/play"},
        "playback": {"hls": f"https://{HOST}/{uid}/manifest/video.m3u8"},
        "status": None,
        "enabled": True,
        "created": "2026-11-20T05:05:53.451415Z",
        **fields,
    }


class MadeInputs:
    """Just enough of the account's live inputs to count what was made."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def make(self, request: Request) -> dict[str, Any]:
        uid = f"{len(self.inputs) + 1:032x}"
        self.inputs[uid] = input_object(uid, **request.json)
        return self.inputs[uid]

    def answer(self, request: Request) -> Reply:
        uid = request.path.rpartition("/")[2]
        if request.method == "POST":
            return ok(self.make(request))
        if uid == "live_inputs":
            return self.listing()
        return ok(self.inputs[uid]) if uid in self.inputs else refused(404, 10003)

    def listing(self) -> Reply:
        listed = [
            {name: each[name] for name in ("uid", "meta", "created")}
            for each in self.inputs.values()
        ]
        return ok({"liveInputs": listed, "range": 1000, "total": len(listed)})


@asynccontextmanager
async def client_of(
    server: ScriptedServer,
    *,
    redis: "Redis | None" = None,
    prefix: str = "live:",
    calls: int = 10_000,
) -> AsyncIterator[CloudflareClient]:
    """Its answers must come within half a second."""
    client = CloudflareClient(
        Account(api_url=f"{server.url}/client/v4", account_id="a1", token=Secret(TOKEN)),
        CallGate(Allowance(calls), redis=redis, prefix=prefix, longest_wait=0.5),
        timeout=httpx.Timeout(0.5),
        backoff=0.01,
    )
    try:
        yield client
    finally:
        await client.aclose()


@asynccontextmanager
async def video_of(server: ScriptedServer) -> AsyncIterator[CloudflareLiveVideo]:
    async with client_of(server) as client:
        yield CloudflareLiveVideo(client, Recording(timeout_seconds=30, signed=True))
