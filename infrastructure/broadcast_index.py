"""The streaming services' `BroadcastIndex`, read from the projection `broadcasts`."""

from collections.abc import Sequence

from application.ports import OpenBroadcast
from projections.projection import Views
from projections.streaming.broadcasts import BroadcastView, find_by_input, list_open


class ProjectedBroadcastIndex:
    def __init__(self, views: Views) -> None:
        self._views = views

    async def stream_of_input(self, input_uid: str) -> str | None:
        found = await find_by_input(self._views, input_uid)
        return None if found is None else found.stream_id

    async def open_broadcasts(self) -> Sequence[OpenBroadcast]:
        return [open_broadcast(view) for view in await list_open(self._views)]


def open_broadcast(view: BroadcastView) -> OpenBroadcast:
    return OpenBroadcast(
        stream_id=view.stream_id,
        input_uid=view.input_uid,
        status=view.status,
        mode=view.mode,
        interruption=view.interruptions,
        changed_at=view.changed_at,
    )
