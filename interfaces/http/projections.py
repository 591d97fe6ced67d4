"""For operators: how far projections are, building them anew, trying parked streams again."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from domain.shared import EPOCH
from infrastructure.read_models.control import (
    ErasureNotReleasable,
    NotParked,
    UnknownProjection,
)
from infrastructure.read_models.status import ProjectionStatus
from infrastructure.read_models.store import Parked
from interfaces.http.auth import only
from interfaces.http.paging import Page
from interfaces.http.queries import seen_at
from interfaces.http.refusals import Refusal
from interfaces.http.request import ApiRequest

_ADMIN = only("admin")
_TAGS = ["Operations"]


class ProjectionNotFound(Refusal):
    code = "projection_not_found"
    status = 404


class StreamNotParked(Refusal):
    code = "stream_not_parked"
    status = 409


class ErasureParked(Refusal):
    code = "erasure_not_releasable"
    status = 409


class ParkedStream(msgspec.Struct, frozen=True, kw_only=True):
    """A stream set aside at its first event that could not be folded; those behind it wait."""

    stream: str
    position: int
    type: str
    error: str
    attempts: int
    parked_at: datetime


class ProjectionState(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of a projection. `lag_seconds` is the age of the oldest event it lacks."""

    name: str
    store: str
    version: int
    generation: int
    state: str
    position: int
    lag_events: int
    lag_seconds: float
    parked: list[ParkedStream]


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """The projector will see to it."""

    name: str
    requested: Literal["rebuild", "retry", "release"]


@get(
    "/projections",
    access=only("analyst", "admin"),
    tags=_TAGS,
    summary="How far projections are",
)
async def list_projections(request: ApiRequest) -> Response[Page[ProjectionState]]:
    """Every generation there is, by projection, the newest first."""
    control = request.platform.projections
    states = [
        _state(status, await control.parked(status.name) if status.parked_streams else [])
        for status in await control.status()
    ]
    headers = {**seen_at(await request.platform.log.head()), "cache-control": "no-store"}
    return Response(Page(items=states, next_cursor=None), headers=headers)


@post(
    "/projections/{name:str}/rebuild",
    access=_ADMIN,
    status_code=202,
    tags=_TAGS,
    summary="Build a projection anew from the log",
)
async def rebuild(request: ApiRequest, name: FromPath[str]) -> Requested:
    """Readers keep the present one until the new one is complete and takes its place."""
    try:
        await request.platform.projections.rebuild(name)
    except UnknownProjection:
        raise ProjectionNotFound from None
    return Requested(name=name, requested="rebuild")


@post(
    "/projections/{name:str}/retry",
    access=_ADMIN,
    status_code=202,
    tags=_TAGS,
    summary="Fold parked streams again",
)
async def retry(
    request: ApiRequest, name: FromPath[str], stream: FromQuery[str | None] = None
) -> Requested:
    """All of them, or the one named by `stream`."""
    try:
        await request.platform.projections.retry(name, stream)
    except UnknownProjection:
        raise ProjectionNotFound from None
    except NotParked:
        raise StreamNotParked from None
    return Requested(name=name, requested="retry")


@post(
    "/projections/{name:str}/release",
    access=_ADMIN,
    status_code=202,
    tags=_TAGS,
    summary="Go on without a parked stream's first event",
)
async def release(request: ApiRequest, name: FromPath[str], stream: FromQuery[str]) -> Requested:
    """Gives the event up for this version of the projection, unless it erases somebody. Who did it
    is kept."""
    try:
        await request.platform.projections.release(name, stream, actor=request.caller.actor)
    except UnknownProjection:
        raise ProjectionNotFound from None
    except NotParked:
        raise StreamNotParked from None
    except ErasureNotReleasable:
        raise ErasureParked from None
    return Requested(name=name, requested="release")


def _state(status: ProjectionStatus, parked: list[Parked]) -> ProjectionState:
    return ProjectionState(
        name=status.name,
        store=status.store,
        version=status.version,
        generation=status.generation,
        state=status.state,
        position=status.position,
        lag_events=status.lag_events,
        lag_seconds=status.lag_seconds,
        parked=[_parked(each) for each in parked] if status.state == "active" else [],
    )


def _parked(parked: Parked) -> ParkedStream:
    return ParkedStream(
        stream=parked.stream,
        position=parked.position,
        type=parked.type,
        error=parked.error,
        attempts=parked.attempts,
        parked_at=EPOCH + timedelta(microseconds=parked.parked_us),
    )


ROUTES = [list_projections, rebuild, retry, release]
