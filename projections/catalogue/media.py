"""Which uploaded pictures and films products are shown with: what is not among them can go."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, Table, select

from domain.catalogue import events as fact
from domain.shared import Recorded
from projections.projection import TableProjection, Views


class MediaInUse(msgspec.Struct, frozen=True, kw_only=True):
    """A picture or film, and the product it belongs to."""

    key: str
    product_id: str


def _fold(_view: MediaInUse | None, recorded: Recorded) -> MediaInUse | None:
    event = recorded.event
    if isinstance(event, fact.ProductMediaAttached):
        return MediaInUse(key=event.key, product_id=recorded.entity_id)
    return None


def _key(recorded: Recorded) -> str | None:
    event = recorded.event
    if isinstance(event, fact.ProductMediaAttached | fact.ProductMediaDetached):
        return event.key
    return None


MEDIA_IN_USE = TableProjection(
    name="media_in_use",
    version=1,
    view=MediaInUse,
    types=frozenset({fact.ProductMediaAttached.tag, fact.ProductMediaDetached.tag}),
    key=_key,
    fold=_fold,
)


async def media_in_use(views: Views, keys: Sequence[str], *, min_position: int) -> set[str]:
    """Those of `keys` that products are shown with. Raises `ProjectionBehind`."""

    def build(table: Table) -> Select[Any]:
        return select(table.c.view).where(table.c.key.in_(keys))

    await views.wait(MEDIA_IN_USE, min_position)
    return {view.key for view in (await views.select(MEDIA_IN_USE, build)).value}
