"""For operators: jobs that were given up, and giving them another chance."""

from datetime import datetime, timedelta

import msgspec
from litestar import Response, get, post

from domain.shared import EPOCH
from infrastructure.jobs.dead_jobs import DeadJob
from interfaces.http.auth import only
from interfaces.http.paging import Page, wanted_limit
from interfaces.http.parameters import Id
from interfaces.http.refusals import Refusal
from interfaces.http.request import ApiRequest

_ADMIN = only("admin")
_TAGS = ["Operations"]


class JobNotFound(Refusal):
    code = "job_not_found"
    status = 404


class GivenUpJob(msgspec.Struct, frozen=True, kw_only=True):
    """`error` is that of the last try."""

    id: str
    job: str
    args: list[str]
    tries: int
    error: str
    given_up_at: datetime


class Requeued(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    job: str


@get("/jobs/dead", access=_ADMIN, kind="latest", tags=_TAGS, summary="Jobs that were given up")
async def list_dead_jobs(request: ApiRequest) -> Response[Page[GivenUpJob]]:
    """The latest `limit` of them, the latest first."""
    dead = await request.platform.dead_jobs.latest(limit=wanted_limit(request))
    page = Page(items=[_given_up(job) for job in dead], next_cursor=None)
    return Response(page, headers={"cache-control": "no-store"})


@post(
    "/jobs/dead/{job_id:str}/requeue",
    access=_ADMIN,
    status_code=202,
    tags=_TAGS,
    summary="Try a given-up job again, with all its tries",
)
async def requeue(request: ApiRequest, job_id: Id) -> Requeued:
    platform = request.platform
    dead = await platform.dead_jobs.get(job_id)
    if dead is None:
        raise JobNotFound
    await platform.dead_jobs.requeue([dead], platform.jobs)
    return Requeued(id=dead.id, job=dead.job)


def _given_up(dead: DeadJob) -> GivenUpJob:
    return GivenUpJob(
        id=dead.id,
        job=dead.job,
        args=list(dead.args),
        tries=dead.tries,
        error=dead.error,
        given_up_at=EPOCH + timedelta(microseconds=dead.died_us),
    )


ROUTES = [list_dead_jobs, requeue]
