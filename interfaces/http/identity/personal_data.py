"""What is held on me, and being forgotten."""

from litestar import Response, delete, get

from application.processes.person_export import PersonExport
from domain.identity.commands import RequestErasure
from interfaces.http.auth import SIGNED_IN
from interfaces.http.commands import Accepted, execute
from interfaces.http.identity.answers import private
from interfaces.http.queries import seen_at
from interfaces.http.request import ApiRequest

_TAGS = ["Identity"]


@get("/me/export", access=SIGNED_IN, tags=_TAGS, summary="Everything held on me")
async def export_me(request: ApiRequest) -> Response[PersonExport]:
    """From the log itself, complete up to `position`."""
    document = await request.platform.services.person_exports.export(request.caller.user_id)
    attachment = {"content-disposition": 'attachment; filename="my-data.json"'}
    return private(document, {**seen_at(document.position), **attachment})


@delete(
    "/me",
    access=SIGNED_IN,
    kind="command",
    status_code=202,
    tags=_TAGS,
    summary="Forget me",
)
async def erase_me(request: ApiRequest) -> Response[Accepted]:
    """Cannot be undone. Nobody gets into the account any more; within minutes the person's data
    can be read nowhere, and the providers have been told."""
    return await execute(request, RequestErasure(user_id=request.caller.user_id), status=202)


ROUTES = [export_me, erase_me]
