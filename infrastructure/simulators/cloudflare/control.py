"""The control API: broadcasts without pictures, misbehaviour, what was sent.
Not Cloudflare's own."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from infrastructure.simulators.cloudflare.alerting import find_destination
from infrastructure.simulators.cloudflare.broadcasts import FeedError
from infrastructure.simulators.cloudflare.encoder import TestEncoders
from infrastructure.simulators.cloudflare.envelope import bad_request, ok, read_body
from infrastructure.simulators.cloudflare.faults import ApiFault, WebhookFault
from infrastructure.simulators.cloudflare.gate import ApiGate
from infrastructure.simulators.cloudflare.live_inputs import find_input
from infrastructure.simulators.cloudflare.shapes import StatusForm
from infrastructure.simulators.cloudflare.simulator import CloudflareSimulator, Simulated
from infrastructure.simulators.cloudflare.videos import find_video

AnyRequest = Request[Any, Any, Any]


class SyntheticFeed:
    """A feed without pictures. It is down as soon as it is cut."""

    def __init__(self, simulator: CloudflareSimulator, input_uid: str) -> None:
        self._simulator = simulator
        self._input_uid = input_uid

    def cut(self) -> None:
        self._simulator.broadcasts.lost(self._input_uid, self)


class ErrorOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    code: str = "ERR_UNSUPPORTED_VIDEO_CODEC"
    video_codec: str = ""
    audio_codec: str = ""


class Switches(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    status_form: StatusForm | None = None
    storage_exhausted: bool | None = None


class BudgetOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Calls a window, in seconds."""

    limit: Annotated[int, msgspec.Meta(ge=0)]
    window: Annotated[float, msgspec.Meta(gt=0)] = 300.0


@post("/inputs/{uid:str}/connect", status_code=200)
async def connect(uid: FromPath[str], simulator: Simulated) -> Response[bytes]:
    record = find_input(simulator, uid)
    if not record.enabled:
        raise bad_request("the live input is disabled")
    if simulator.broadcasts.storage_exhausted:
        simulator.broadcasts.failed(record, FeedError(code="ERR_STORAGE_QUOTA_EXHAUSTED"))
        return ok({"video": None})
    video = simulator.broadcasts.connected(record, SyntheticFeed(simulator, uid), "rtmp")
    return ok({"video": video.uid if video else None})


@post("/inputs/{uid:str}/disconnect", status_code=200)
async def disconnect(uid: FromPath[str], simulator: Simulated) -> Response[bytes]:
    """Cuts whatever feed there is, a real one too."""
    find_input(simulator, uid)
    return ok({"disconnected": simulator.broadcasts.cut(uid)})


@post("/inputs/{uid:str}/error", status_code=200)
async def error(uid: FromPath[str], request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    record = find_input(simulator, uid)
    order = await read_body(request, ErrorOrder)
    simulator.broadcasts.failed(
        record,
        FeedError(code=order.code, video_codec=order.video_codec, audio_codec=order.audio_codec),
    )
    return ok({"errored": order.code})


@post("/inputs/{uid:str}/encoder", status_code=200)
async def start_encoder(
    uid: FromPath[str], simulator: Simulated, encoders: NamedDependency[TestEncoders]
) -> Response[bytes]:
    """Pushes a moving test picture, as a host's encoder would."""
    record = find_input(simulator, uid)
    await encoders.start(uid, simulator.origins.rtmp + record.secrets.rtmps)
    return ok({"running": True})


@delete("/inputs/{uid:str}/encoder", status_code=200)
async def stop_encoder(
    uid: FromPath[str], encoders: NamedDependency[TestEncoders]
) -> Response[bytes]:
    return ok({"running": False, "stopped": await encoders.stop(uid)})


@post("/videos/{uid:str}/error", status_code=200)
async def spoil(uid: FromPath[str], request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    """Ends the processing of a recording with an error."""
    order = await read_body(request, ErrorOrder)
    simulator.broadcasts.spoil(find_video(simulator, uid), order.code)
    return ok({"errored": order.code})


@post("/advance", status_code=200)
async def advance(simulator: Simulated) -> Response[bytes]:
    """Waits for lost feeds and processing of recordings are over at once."""
    return ok({"advanced": simulator.broadcasts.hurry()})


@get("/webhooks")
async def list_webhooks(simulator: Simulated) -> Response[bytes]:
    """The last thousand, oldest first."""
    return ok(list(simulator.courier.deliveries))


@post("/webhooks/release", status_code=200)
async def release_webhooks(simulator: Simulated) -> Response[bytes]:
    """Sends what a reorder fault holds back."""
    simulator.courier.release()
    return ok(None)


@post("/webhooks/faults", status_code=200)
async def order_webhook_fault(request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    simulator.faults.webhooks.append(await read_body(request, WebhookFault))
    return ok(simulator.faults.webhooks)


@post("/webhooks/test/{destination_id:str}", status_code=200)
async def send_test(destination_id: FromPath[str], simulator: Simulated) -> Response[bytes]:
    simulator.webhooks.test(find_destination(simulator, destination_id))
    return ok(None)


@post("/api/faults", status_code=200)
async def order_api_fault(request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    simulator.faults.api.append(await read_body(request, ApiFault))
    return ok(simulator.faults.api)


@delete("/faults", status_code=200)
async def clear_faults(simulator: Simulated) -> Response[bytes]:
    simulator.faults.clear()
    simulator.courier.release()
    return ok(None)


@put("/api/budget")
async def set_budget(request: AnyRequest, gate: NamedDependency[ApiGate]) -> Response[bytes]:
    order = await read_body(request, BudgetOrder)
    gate.set_budget(order.limit, order.window)
    return ok(order)


@put("/switches")
async def set_switches(request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    order = await read_body(request, Switches)
    if order.status_form is not None:
        simulator.shapes.status_form = order.status_form
    if order.storage_exhausted is not None:
        simulator.broadcasts.storage_exhausted = order.storage_exhausted
    return ok(
        Switches(
            status_form=simulator.shapes.status_form,
            storage_exhausted=simulator.broadcasts.storage_exhausted,
        )
    )


@get("/")
async def overview(simulator: Simulated) -> Response[bytes]:
    """Where things are, and what is live. Also a health check."""
    live: dict[str, str | None] = {
        record.uid: record.current_video
        for record in simulator.state.inputs
        if record.status is not None and record.status.state == "connected"
    }
    return ok(
        {
            "account_id": simulator.config.account_id,
            "api": f"{simulator.origins.http}/client/v4",
            "rtmp": simulator.origins.rtmp,
            "r2": f"{simulator.origins.http}/r2",
            "media": f"{simulator.origins.http}/media",
            "inputs": len(simulator.state.inputs),
            "videos": len(simulator.state.videos),
            "live": live,
        }
    )


control_routes = Router(
    path="/_simulator",
    route_handlers=[
        overview,
        connect,
        disconnect,
        error,
        start_encoder,
        stop_encoder,
        spoil,
        advance,
        list_webhooks,
        release_webhooks,
        order_webhook_fault,
        send_test,
        order_api_fault,
        clear_faults,
        set_budget,
        set_switches,
    ],
)
