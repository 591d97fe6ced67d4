"""For auditors: proof that the log is whole and unchanged."""

import msgspec
from litestar import Response, get

from infrastructure.event_store.checkpoints import Checkpoint
from infrastructure.event_store.verification import verify
from interfaces.http.auth import only
from interfaces.http.parameters import whole
from interfaces.http.queries import seen_at
from interfaces.http.request import ApiRequest


class Verified(msgspec.Struct, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """`first_broken` is the first position that is missing, was changed, or does not follow on
    the one before; null where there is none. `checkpoint` is the last signed one in the range,
    `checkpoint_holds` whether signature and hash are right, null where its record was not read.
    """

    first: int
    last: int
    events: int
    intact: bool
    head_hash: str
    first_broken: int | None
    checkpoint: Checkpoint | None
    checkpoint_holds: bool | None


@get(
    "/audit/verify",
    access=only("auditor", "admin"),
    kind="range",
    tags=["Event log"],
    summary="Is the log intact?",
)
async def verify_log(request: ApiRequest) -> Response[Verified]:
    """Reads positions `from` to `to`, the whole log by default, and checks every record's hash
    and the signed checkpoint among them. Takes some seconds for each million events."""
    query = request.query_params
    first = whole("from", query.get("from") or "1", least=1)
    to = query.get("to")
    found = await verify(
        request.platform.log,
        request.platform.checkpoints,
        first=first,
        last=whole("to", to, least=first) if to else None,
    )
    verified = Verified(**msgspec.structs.asdict(found))
    headers = {**seen_at(found.last), "cache-control": "no-store"}
    return Response(verified, headers=headers)


ROUTES = [verify_log]
