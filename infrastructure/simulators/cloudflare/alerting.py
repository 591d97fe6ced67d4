"""The API of both webhook systems: the Stream webhook, and notification destinations, policies
and history."""

import secrets
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.params import FromPath

from infrastructure.simulators.cloudflare import shapes
from infrastructure.simulators.cloudflare.courier import Delivery
from infrastructure.simulators.cloudflare.envelope import bad_request, not_found, ok, read_body
from infrastructure.simulators.cloudflare.simulator import CloudflareSimulator, Simulated
from infrastructure.simulators.cloudflare.state import (
    DestinationRecord,
    PolicyRecord,
    StreamWebhookRecord,
    new_uid,
    utc_now,
)
from infrastructure.simulators.cloudflare.webhooks import LIVE_ALERT

_NO_WEBHOOK = "Webhook"

AnyRequest = Request[Any, Any, Any]


class StreamWebhookBody(msgspec.Struct, kw_only=True):
    """Either spelling of the one field."""

    notification_url: str = ""
    notification_url_camel: str = msgspec.field(default="", name="notificationUrl")


class DestinationBody(msgspec.Struct, kw_only=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    url: str
    secret: str = ""

    def __repr__(self) -> str:
        return f"DestinationBody({self.url!r}, …)"


class Mechanism(msgspec.Struct, kw_only=True):
    id: str


class Mechanisms(msgspec.Struct, kw_only=True):
    webhooks: list[Mechanism] = []


class PolicyBody(msgspec.Struct, kw_only=True):
    """Create needs `alert_type`, `enabled`, `mechanisms` and `name`; update any of them."""

    name: str | None = None
    description: str | None = None
    alert_type: str | None = None
    enabled: bool | None = None
    mechanisms: Mechanisms | None = None
    filters: dict[str, list[str]] | None = None


class HistoryQuery(msgspec.Struct, kw_only=True):
    since: datetime | None = None
    before: datetime | None = None
    page: Annotated[int, msgspec.Meta(ge=1)] = 1
    per_page: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 25


@put("/stream/webhook")
async def set_stream_webhook(request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    body = await read_body(request, StreamWebhookBody)
    url = _address(body.notification_url_camel or body.notification_url, "/notificationUrl")
    earlier = simulator.state.stream_webhook.get("account")
    record = StreamWebhookRecord(
        url=url,
        secret=earlier.secret if earlier else secrets.token_hex(20),
        modified=utc_now(),
    )
    simulator.state.stream_webhook.save("account", record)
    return ok(shapes.stream_webhook(record))


@get("/stream/webhook")
async def get_stream_webhook(simulator: Simulated) -> Response[bytes]:
    record = simulator.state.stream_webhook.get("account")
    if record is None:
        raise not_found(_NO_WEBHOOK)
    return ok(shapes.stream_webhook(record))


@delete("/stream/webhook", status_code=200)
async def delete_stream_webhook(simulator: Simulated) -> Response[bytes]:
    if simulator.state.stream_webhook.remove("account") is None:
        raise not_found(_NO_WEBHOOK)
    return ok("")


@post("/destinations/webhooks", status_code=200)
async def create_destination(request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    body = await read_body(request, DestinationBody)
    record = DestinationRecord(
        id=new_uid(),
        name=body.name,
        url=_address(body.url, "/url"),
        secret=body.secret,
        created_at=utc_now(),
    )
    simulator.state.destinations.save(record.id, record)
    return ok({"id": record.id})


@get("/destinations/webhooks")
async def list_destinations(simulator: Simulated) -> Response[bytes]:
    return ok([shapes.destination(record) for record in simulator.state.destinations])


@get("/destinations/webhooks/{destination_id:str}")
async def get_destination(destination_id: FromPath[str], simulator: Simulated) -> Response[bytes]:
    return ok(shapes.destination(find_destination(simulator, destination_id)))


@put("/destinations/webhooks/{destination_id:str}")
async def update_destination(
    destination_id: FromPath[str], request: AnyRequest, simulator: Simulated
) -> Response[bytes]:
    record = find_destination(simulator, destination_id)
    body = await read_body(request, DestinationBody)
    record.name = body.name
    record.url = _address(body.url, "/url")
    record.secret = body.secret or record.secret
    simulator.state.destinations.save(record.id, record)
    return ok({"id": record.id})


@delete("/destinations/webhooks/{destination_id:str}", status_code=200)
async def delete_destination(
    destination_id: FromPath[str], simulator: Simulated
) -> Response[bytes]:
    find_destination(simulator, destination_id)
    simulator.state.destinations.remove(destination_id)
    return ok(None)


@post("/policies", status_code=200)
async def create_policy(request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    body = await read_body(request, PolicyBody)
    for name in ("name", "alert_type", "enabled", "mechanisms"):
        if getattr(body, name) is None:
            raise bad_request(f"{name} is required", f"/{name}")
    if body.alert_type != LIVE_ALERT:
        raise bad_request(f"the simulator knows {LIVE_ALERT} alone", "/alert_type")
    now = utc_now()
    record = PolicyRecord(
        id=new_uid(), name=body.name or "", alert_type=LIVE_ALERT, created=now, modified=now
    )
    _apply(simulator, record, body)
    return ok({"id": record.id})


@get("/policies")
async def list_policies(simulator: Simulated) -> Response[bytes]:
    return ok([shapes.policy(record) for record in simulator.state.policies])


@get("/policies/{policy_id:str}")
async def get_policy(policy_id: FromPath[str], simulator: Simulated) -> Response[bytes]:
    return ok(shapes.policy(_find_policy(simulator, policy_id)))


@put("/policies/{policy_id:str}")
async def update_policy(
    policy_id: FromPath[str], request: AnyRequest, simulator: Simulated
) -> Response[bytes]:
    record = _find_policy(simulator, policy_id)
    _apply(simulator, record, await read_body(request, PolicyBody))
    return ok({"id": record.id})


@delete("/policies/{policy_id:str}", status_code=200)
async def delete_policy(policy_id: FromPath[str], simulator: Simulated) -> Response[bytes]:
    _find_policy(simulator, policy_id)
    simulator.state.policies.remove(policy_id)
    return ok(None)


@get("/history")
async def history(request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    try:
        query = msgspec.convert(dict(request.query_params), HistoryQuery, strict=False)
    except msgspec.ValidationError as problem:
        raise bad_request(str(problem)) from None
    sent = [one for one in reversed(simulator.courier.deliveries) if _within(one, query)]
    first = (query.page - 1) * query.per_page
    page = [_record(simulator, one) for one in sent[first : first + query.per_page]]
    return ok(
        page,
        result_info={
            "count": len(page),
            "page": query.page,
            "per_page": query.per_page,
            "total_count": len(sent),
        },
    )


def find_destination(simulator: CloudflareSimulator, destination_id: str) -> DestinationRecord:
    record = simulator.state.destinations.get(destination_id)
    if record is None:
        raise not_found("Webhook destination")
    return record


def _find_policy(simulator: CloudflareSimulator, policy_id: str) -> PolicyRecord:
    record = simulator.state.policies.get(policy_id)
    if record is None:
        raise not_found("Policy")
    return record


def _apply(simulator: CloudflareSimulator, record: PolicyRecord, body: PolicyBody) -> None:
    if body.mechanisms is not None:
        wanted = [mechanism.id for mechanism in body.mechanisms.webhooks]
        for destination_id in wanted:
            find_destination(simulator, destination_id)
        record.destinations = wanted
    for name in ("name", "description", "enabled", "filters"):
        if (value := getattr(body, name)) is not None:
            setattr(record, name, value)
    record.modified = utc_now()
    simulator.state.policies.save(record.id, record)


def _address(url: str, pointer: str) -> str:
    """The provider also refuses private addresses; the simulator lives on one."""
    if not url.startswith(("http://", "https://")):
        raise bad_request("must be an http or https address", pointer)
    return url


def _within(delivery: Delivery, query: HistoryQuery) -> bool:
    if delivery.channel != "live" or delivery.sent is None:
        return False
    after = query.since is None or delivery.sent > query.since
    return after and (query.before is None or delivery.sent < query.before)


def _record(simulator: CloudflareSimulator, delivery: Delivery) -> dict[str, Any]:
    policy = simulator.state.policies.get(delivery.policy)
    return {
        "id": delivery.id,
        "name": policy.name if policy else "",
        "description": policy.description if policy else "",
        "policy_id": delivery.policy,
        "alert_type": LIVE_ALERT,
        "alert_body": delivery.body,
        "mechanism": delivery.mechanism,
        "mechanism_type": "webhook",
        "sent": delivery.sent,
    }


stream_webhook_handlers = [set_stream_webhook, get_stream_webhook, delete_stream_webhook]
alerting_routes = Router(
    path="/alerting/v3",
    route_handlers=[
        create_destination,
        list_destinations,
        get_destination,
        update_destination,
        delete_destination,
        create_policy,
        list_policies,
        get_policy,
        update_policy,
        delete_policy,
        history,
    ],
)
