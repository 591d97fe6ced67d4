"""The API of live inputs and their outputs."""

import hashlib
import re
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.params import FromPath

from infrastructure.simulators.cloudflare import shapes
from infrastructure.simulators.cloudflare.envelope import (
    ApiRefusal,
    bad_request,
    done,
    not_found,
    ok,
    read_body,
)
from infrastructure.simulators.cloudflare.simulator import CloudflareSimulator, Simulated
from infrastructure.simulators.cloudflare.state import (
    IdempotentCreate,
    LiveInputRecord,
    OutputRecord,
    RecordingSettings,
    new_secrets,
    new_uid,
    utc_now,
)

_IDEMPOTENCY_MISMATCH = 10022
_MOST_OUTPUTS = 50
_Days = Annotated[float, msgspec.Meta(ge=30, le=1096)]
_TARGET = re.compile(r"(rtmps?|srt)://\S+")

AnyRequest = Request[Any, Any, Any]


class LiveInputBody(msgspec.Struct, kw_only=True, rename="camel"):
    """Create and update. What is left out stays; `recording` is taken as a whole, since the
    provider does not promise to merge it."""

    meta: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    prefer_low_latency: bool | msgspec.UnsetType = msgspec.UNSET
    delete_recording_after_days: _Days | msgspec.UnsetType | None = msgspec.UNSET
    default_creator: str | msgspec.UnsetType = msgspec.UNSET
    recording: RecordingSettings | msgspec.UnsetType = msgspec.UNSET


class OutputBody(msgspec.Struct, kw_only=True, rename="camel"):
    url: str
    stream_key: str
    enabled: bool = True

    def __repr__(self) -> str:
        return f"OutputBody({self.url!r}, …)"


class OutputSwitch(msgspec.Struct, kw_only=True):
    enabled: bool


def find_input(simulator: CloudflareSimulator, uid: str) -> LiveInputRecord:
    record = simulator.state.inputs.get(uid)
    if record is None:
        raise not_found("Live input")
    return record


@post("/", status_code=200)
async def create_input(request: AnyRequest, simulator: Simulated) -> Response[bytes]:
    key = request.headers.get("idempotency-key")
    digest = hashlib.sha256(await request.body()).hexdigest()
    if key and (earlier := simulator.state.creates.get(key)) is not None:
        return _repeated(simulator, earlier, digest)
    body = await read_body(request, LiveInputBody)
    now = utc_now()
    uid = new_uid()
    record = LiveInputRecord(uid=uid, created=now, modified=now, secrets=new_secrets(uid))
    _apply(record, body)
    simulator.state.save_input(record)
    if key:
        simulator.state.creates.save(key, IdempotentCreate(input_uid=uid, digest=digest))
    return ok(simulator.shapes.live_input(record))


@get("/")
async def list_inputs(simulator: Simulated) -> Response[bytes]:
    listed = [simulator.shapes.listed_input(record) for record in simulator.state.inputs]
    listed.reverse()
    return ok({"liveInputs": listed, "range": len(listed), "total": len(listed)})


@get("/{uid:str}")
async def get_input(uid: FromPath[str], simulator: Simulated) -> Response[bytes]:
    return ok(simulator.shapes.live_input(find_input(simulator, uid)))


@put("/{uid:str}")
async def update_input(
    uid: FromPath[str], request: AnyRequest, simulator: Simulated
) -> Response[bytes]:
    record = find_input(simulator, uid)
    _apply(record, await read_body(request, LiveInputBody))
    record.modified = utc_now()
    simulator.state.save_input(record)
    if not record.enabled:
        simulator.broadcasts.end(record)
    return ok(simulator.shapes.live_input(record))


@delete("/{uid:str}", status_code=200)
async def delete_input(uid: FromPath[str], simulator: Simulated) -> Response[bytes]:
    record = find_input(simulator, uid)
    record.enabled = False
    simulator.state.inputs.remove(uid)
    simulator.broadcasts.end(record)
    for output in simulator.state.outputs:
        if output.input_uid == uid:
            simulator.state.outputs.remove(output.uid)
    return done()


@post("/{uid:str}/rotate_keys", status_code=200)
async def rotate_keys(uid: FromPath[str], simulator: Simulated) -> Response[bytes]:
    record = find_input(simulator, uid)
    record.secrets = new_secrets(uid)
    record.keys_rotated_at = record.modified = utc_now()
    simulator.state.save_input(record)
    simulator.broadcasts.cut(uid)
    return ok(simulator.shapes.live_input(record))


@get("/{uid:str}/videos")
async def input_videos(uid: FromPath[str], simulator: Simulated) -> Response[bytes]:
    find_input(simulator, uid)
    found = [video for video in simulator.state.videos if video.input_uid == uid]
    return ok([simulator.shapes.video(video) for video in reversed(found)])


@post("/{uid:str}/outputs", status_code=200)
async def create_output(
    uid: FromPath[str], request: AnyRequest, simulator: Simulated
) -> Response[bytes]:
    find_input(simulator, uid)
    body = await read_body(request, OutputBody)
    if _TARGET.fullmatch(body.url) is None:
        raise bad_request("url must be an RTMP or SRT address", "/url")
    if len(_outputs(simulator, uid)) >= _MOST_OUTPUTS:
        raise bad_request(f"a live input takes {_MOST_OUTPUTS} outputs at most")
    output = OutputRecord(
        uid=new_uid(),
        input_uid=uid,
        url=body.url,
        stream_key=body.stream_key,
        enabled=body.enabled,
    )
    simulator.state.outputs.save(output.uid, output)
    return ok(shapes.output(output))


@get("/{uid:str}/outputs")
async def list_outputs(uid: FromPath[str], simulator: Simulated) -> Response[bytes]:
    find_input(simulator, uid)
    return ok([shapes.output(output) for output in _outputs(simulator, uid)])


@put("/{uid:str}/outputs/{output_uid:str}")
async def update_output(
    uid: FromPath[str], output_uid: FromPath[str], request: AnyRequest, simulator: Simulated
) -> Response[bytes]:
    output = _output(simulator, uid, output_uid)
    output.enabled = (await read_body(request, OutputSwitch)).enabled
    simulator.state.outputs.save(output_uid, output)
    return ok(shapes.output(output))


@delete("/{uid:str}/outputs/{output_uid:str}", status_code=200)
async def delete_output(
    uid: FromPath[str], output_uid: FromPath[str], simulator: Simulated
) -> Response[bytes]:
    _output(simulator, uid, output_uid)
    simulator.state.outputs.remove(output_uid)
    return done()


def _repeated(
    simulator: CloudflareSimulator, earlier: IdempotentCreate, digest: str
) -> Response[bytes]:
    if earlier.digest != digest:
        raise ApiRefusal(
            422, _IDEMPOTENCY_MISMATCH, "Idempotency-Key was used with another request body"
        )
    return ok(simulator.shapes.live_input(find_input(simulator, earlier.input_uid)))


def _apply(record: LiveInputRecord, body: LiveInputBody) -> None:
    changes = {
        field.name: value
        for field in msgspec.structs.fields(LiveInputBody)
        if (value := getattr(body, field.name)) is not msgspec.UNSET
    }
    wanted = msgspec.structs.replace(record, **changes)
    if wanted.prefer_low_latency and wanted.recording.mode == "off":
        raise bad_request("preferLowLatency needs recording.mode automatic", "/preferLowLatency")
    for name, value in changes.items():
        setattr(record, name, value)


def _outputs(simulator: CloudflareSimulator, uid: str) -> list[OutputRecord]:
    return [output for output in simulator.state.outputs if output.input_uid == uid]


def _output(simulator: CloudflareSimulator, uid: str, output_uid: str) -> OutputRecord:
    output = simulator.state.outputs.get(output_uid)
    if output is None or output.input_uid != uid:
        raise not_found("Output")
    return output


live_input_routes = Router(
    path="/live_inputs",
    route_handlers=[
        create_input,
        list_inputs,
        get_input,
        update_input,
        delete_input,
        rotate_keys,
        input_videos,
        create_output,
        list_outputs,
        update_output,
        delete_output,
    ],
)
