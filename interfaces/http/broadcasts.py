"""What a host needs to broadcast: ingest keys, and other platforms to send the show on to."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.params import JSONBody

from application.streaming.outputs import output_ref
from domain.streaming import commands as ask
from domain.streaming.errors import LiveStreamNotFoundError, NotTheHostError
from infrastructure.ids import new_id
from interfaces.http import live_stream_answers as answers
from interfaces.http.commands import Accepted, accepted, envelope
from interfaces.http.hosting import HOST, HOST_OR_ADMIN, TAGS, as_host, ask_as_host, may_run
from interfaces.http.paging import Page
from interfaces.http.parameters import Id
from interfaces.http.queries import answer, wanted_position
from interfaces.http.request import ApiRequest
from projections.streaming.broadcasts import get_broadcast

_NO_STORE = {"cache-control": "no-store"}


class AddOutput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another platform to send the broadcast on to."""

    url: Annotated[str, msgspec.Meta(examples=["rtmps://live.example/app"])]
    stream_key: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]

    def __repr__(self) -> str:
        return "AddOutput(…)"


@get(
    "/streams/{stream_id:str}/ingest",
    access=HOST,
    tags=TAGS,
    summary="Where and with which key to broadcast",
)
async def show_ingest(request: ApiRequest, stream_id: Id) -> Response[answers.Ingest]:
    """For the show's host alone."""
    credentials = await request.platform.services.streaming.provisioning.ingest_credentials(
        stream_id, by=request.caller.user_id
    )
    return Response(answers.ingest(credentials), headers=_NO_STORE)


@post(
    "/streams/{stream_id:str}/ingest/rotate",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=TAGS,
    summary="Get new ingest keys",
)
async def rotate_ingest_keys(request: ApiRequest, stream_id: Id) -> Response[Accepted]:
    """A running broadcast on the old keys is cut off."""
    return await ask_as_host(request, ask.RotateIngestKeys, stream_id)


@get(
    "/streams/{stream_id:str}/outputs",
    access=HOST_OR_ADMIN,
    kind="query",
    tags=TAGS,
    summary="Where the broadcast is sent on to",
)
async def list_outputs(request: ApiRequest, stream_id: Id) -> Response[Page[answers.Output]]:
    """All of them on one page: a show has 50 at most. Stream keys are never shown."""
    seen = await get_broadcast(
        request.platform.views, stream_id, min_position=wanted_position(request)
    )
    if seen.value is None:
        raise LiveStreamNotFoundError(stream_id=stream_id)
    if not may_run(request, seen.value.host_id):
        raise NotTheHostError
    listed = answers.outputs(request.exchange.language, seen.value.outputs)
    return answer(seen, Page(items=listed, next_cursor=None), _NO_STORE)


@post(
    "/streams/{stream_id:str}/outputs",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=201,
    tags=TAGS,
    summary="Send the broadcast on to another platform",
)
async def add_output(
    request: ApiRequest, stream_id: Id, data: JSONBody[AddOutput]
) -> Response[Accepted]:
    """An rtmp, rtmps or srt address. The stream key goes to the vault, not into the log."""
    platform, output_id = request.platform, new_id()
    command = ask.AddOutput(**as_host(request, stream_id), output_id=output_id, url=data.url)
    outcome = await platform.services.streaming.outputs.add_output(
        envelope(request, command, data), command, stream_key=data.stream_key
    )
    if outcome.replayed:
        # The output of the first time is the one that counts; this one's key serves nothing.
        await platform.vault.delete(output_ref(output_id))
    return accepted(outcome, status=201)


@delete(
    "/streams/{stream_id:str}/outputs/{output_id:str}",
    access=HOST_OR_ADMIN,
    kind="command",
    status_code=200,
    tags=TAGS,
    summary="Stop sending the broadcast on",
)
async def remove_output(request: ApiRequest, stream_id: Id, output_id: Id) -> Response[Accepted]:
    return await ask_as_host(request, ask.RemoveOutput, stream_id, output_id=output_id)


ROUTES = [show_ingest, rotate_ingest_keys, list_outputs, add_output, remove_output]
