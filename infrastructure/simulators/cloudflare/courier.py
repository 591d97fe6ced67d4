"""Sends webhooks: delay, retries, and the misbehaviour that was ordered. Knows no contents."""

import asyncio
import hashlib
import hmac
import ssl
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import cache

import httpx
import msgspec

from infrastructure.simulators.cloudflare.faults import Channel, Faults, WebhookFault
from infrastructure.simulators.cloudflare.state import new_uid, utc_now

_KEPT = 1000


@cache
def tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than starting everything else."""
    return ssl.create_default_context()


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook to one target; its channel decides how `secret` is shown. `report` hears
    whether it arrived."""

    channel: Channel
    url: str
    about: str
    event: str
    body: bytes
    secret: str
    report: Callable[[bool], None] | None = None
    policy: str = ""
    mechanism: str = ""

    def __repr__(self) -> str:
        return f"Envelope({self.channel!r}, {self.url!r}, {self.event!r}, …)"


def webhook_signature(secret: str, body: bytes, when: int) -> str:
    """Value of `Webhook-Signature`: HMAC-SHA256 over the time's text, a dot and the body."""
    mac = hmac.new(secret.encode(), f"{when}.".encode() + body, hashlib.sha256)
    return f"time={when},sig1={mac.hexdigest()}"


def authentication(envelope: Envelope, *, wrong: bool) -> dict[str, str]:
    """The header that proves who sends: made at sending time, with a wrong secret on demand."""
    secret = f"not-{envelope.secret}" if wrong else envelope.secret
    if envelope.channel == "video":
        return {"webhook-signature": webhook_signature(secret, envelope.body, int(time.time()))}
    return {"cf-webhook-auth": secret} if secret else {}


class Delivery(msgspec.Struct, kw_only=True):
    """What became of a webhook. `outcome`: waiting, held, delivered, failed or dropped."""

    id: str
    channel: Channel
    url: str
    about: str
    event: str
    body: str
    created: datetime
    policy: str = ""
    mechanism: str = ""
    fault: str | None = None
    outcome: str = "waiting"
    attempts: int = 0
    status_code: int | None = None
    sent: datetime | None = None


class Courier:
    """What waits to be sent is lost when the process ends, as a provider's hiccup would."""

    def __init__(self, faults: Faults, *, delay: float, retries: tuple[float, ...]) -> None:
        self._faults = faults
        self._delay = delay
        self._retries = retries
        self._client = httpx.AsyncClient(timeout=5, trust_env=False, verify=tls())
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[Channel, list[tuple[Envelope, Delivery]]] = {"live": [], "video": []}
        self.deliveries: deque[Delivery] = deque(maxlen=_KEPT)

    def post(self, envelope: Envelope) -> None:
        """Returns at once; sending happens beside."""
        fault = self._faults.webhook(envelope.channel)
        delivery = self._note(envelope, fault)
        match fault.effect if fault else None:
            case "drop":
                delivery.outcome = "dropped"
            case "reorder":
                delivery.outcome = "held"
                self._held[envelope.channel].append((envelope, delivery))
            case _:
                self._spawn(envelope, delivery, fault)

    def release(self) -> None:
        """Sends what a reorder holds back, without waiting for a successor."""
        for channel in self._held:
            self._release(channel)

    async def stop(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def _note(self, envelope: Envelope, fault: WebhookFault | None) -> Delivery:
        delivery = Delivery(
            id=new_uid(),
            channel=envelope.channel,
            url=envelope.url,
            about=envelope.about,
            event=envelope.event,
            body=envelope.body.decode(),
            created=utc_now(),
            policy=envelope.policy,
            mechanism=envelope.mechanism,
            fault=fault.effect if fault else None,
        )
        self.deliveries.append(delivery)
        return delivery

    def _spawn(self, envelope: Envelope, delivery: Delivery, fault: WebhookFault | None) -> None:
        task = asyncio.create_task(self._carry(envelope, delivery, fault))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(
        self, envelope: Envelope, delivery: Delivery, fault: WebhookFault | None
    ) -> None:
        effect = fault.effect if fault else None
        late = fault.seconds if fault and effect == "delay" else 0
        await asyncio.sleep(self._delay + late)
        await self._deliver(envelope, delivery, wrong=effect == "wrong_signature")
        if fault and effect == "duplicate":
            await asyncio.sleep(fault.seconds)
            await self._deliver(envelope, self._note(envelope, fault), wrong=False)
        self._release(envelope.channel)

    def _release(self, channel: Channel) -> None:
        held, self._held[channel] = self._held[channel], []
        for envelope, delivery in held:
            self._spawn(envelope, delivery, None)

    async def _deliver(self, envelope: Envelope, delivery: Delivery, *, wrong: bool) -> None:
        for pause in (0.0, *self._retries):
            await asyncio.sleep(pause)
            if await self._attempt(envelope, delivery, wrong=wrong):
                break
        arrived = delivery.outcome == "delivered"
        if envelope.report is not None:
            envelope.report(arrived)

    async def _attempt(self, envelope: Envelope, delivery: Delivery, *, wrong: bool) -> bool:
        headers = {
            "content-type": "application/json",
            "user-agent": "simulated-cloudflare/1.0",
            **authentication(envelope, wrong=wrong),
        }
        delivery.attempts += 1
        delivery.sent = utc_now()
        try:
            answer = await self._client.post(envelope.url, content=envelope.body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            delivery.outcome = "failed"
            return False
        delivery.status_code = answer.status_code
        delivery.outcome = "delivered" if answer.is_success else "failed"
        return answer.is_success
