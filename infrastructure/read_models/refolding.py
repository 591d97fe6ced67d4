"""Tries parked streams again, from the first event that could not be folded."""

from collections.abc import Collection
from typing import Any

import msgspec

from application.ports import EventLog
from infrastructure.faults import fault_text
from infrastructure.read_models.folding import Folding
from infrastructure.read_models.persons import followed_types
from infrastructure.read_models.store import (
    Change,
    GenerationStore,
    Parked,
    Standing,
    Unwritable,
)
from projections.projection import Projection

_PAGE_EVENTS = 500


class Refolding:
    """Folds what stands behind a parked event, up to where the projection is, in one commit."""

    def __init__(
        self, projection: Projection[Any], store: GenerationStore[Any], log: EventLog
    ) -> None:
        self._projection = projection
        self._types = followed_types(projection)
        self._store = store
        self._log = log

    async def retry(self, stream: str, standing: Standing, skipped: Collection[int]) -> None:
        """Unparks `stream`, or parks it again where it fails now. Raises as the store does."""
        parked = standing.parked[stream]
        folding = await self._fold(parked, standing.mark.position, skipped)
        again = tuple(_again(parked, each) for each in folding.parked)
        try:
            await folding.forget_erased(self._store)
            change = folding.change(standing.mark, standing.mark.position)
            await self._store.commit(
                msgspec.structs.replace(change, parked=again, unparked=() if again else (stream,))
            )
        except Unwritable as error:
            await self._store.commit(_unchanged(standing, _failed(parked, error)))

    async def _fold(self, parked: Parked, upto: int, skipped: Collection[int]) -> Folding[Any]:
        folding = Folding(self._projection, skipped=skipped)
        version = parked.version - 1
        while not folding.parked:
            events = await self._log.read_stream(
                parked.stream, after_version=version, limit=_PAGE_EVENTS, upto=upto
            )
            wanted = [each for each in events if each.type in self._types]
            await folding.take(wanted, self._store)
            if len(events) < _PAGE_EVENTS:
                break
            version = events[-1].version
        return folding


def _again(before: Parked, now: Parked) -> Parked:
    return msgspec.structs.replace(now, parked_us=before.parked_us, attempts=before.attempts + 1)


def _failed(parked: Parked, error: Unwritable) -> Parked:
    cause = error.__cause__ or error
    return msgspec.structs.replace(parked, error=fault_text(cause), attempts=parked.attempts + 1)


def _unchanged(standing: Standing, parked: Parked) -> Change[Any]:
    return Change(before=standing.mark, position=standing.mark.position, views={}, parked=(parked,))
