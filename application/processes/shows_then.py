"""What shows offered at some position of the log. Asked in about the order of positions, it reads
only what was recorded since."""

from collections import OrderedDict
from dataclasses import dataclass

from application.ports import EventLog
from domain.showcase.deciding import SHOWCASE
from domain.showcase.showcase import Showcase, evolve

_SHOWS_REMEMBERED = 64
_PAGE = 500


@dataclass(frozen=True, slots=True)
class _Then:
    """A showcase as of a version of its stream, and of a position of the log."""

    state: Showcase
    version: int
    position: int


class ShowsThen:
    """Remembers where it has come to, show by show."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._remembered: OrderedDict[str, _Then] = OrderedDict()

    async def as_of(self, stream_id: str, position: int) -> Showcase:
        """With all that was recorded up to the position, and nothing after it."""
        before = self._remembered.get(stream_id)
        if before is None or before.position > position:
            before = _Then(SHOWCASE.initial, 0, 0)
        then = await self._read(stream_id, before, position)
        self._remember(stream_id, then)
        return then.state

    async def _read(self, stream_id: str, before: _Then, position: int) -> _Then:
        state, version = before.state, before.version
        while True:
            page = await self._log.read_stream(
                SHOWCASE.stream(stream_id), after_version=version, limit=_PAGE, upto=position
            )
            for recorded in page:
                state, version = evolve(state, recorded.event), recorded.version
            if len(page) < _PAGE:
                return _Then(state, version, position)

    def _remember(self, stream_id: str, then: _Then) -> None:
        known = self._remembered.get(stream_id)
        if known is None or known.position < then.position:
            self._remembered[stream_id] = then
        self._remembered.move_to_end(stream_id)
        if len(self._remembered) > _SHOWS_REMEMBERED:
            self._remembered.popitem(last=False)
