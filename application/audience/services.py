"""Counts who is in each room now and then, and has samples of it recorded."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from application.audience.ports import AudienceIndex, Presence
from application.ports import CommandBus, DerivedId, Dispatch
from domain.audience.commands import SampleAudience

_ACTOR = "system:audience.sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencePorts:
    """Everything the counting needs from the outside. `sample_seconds` is the time between two
    samples."""

    bus: CommandBus
    presence: Presence
    index: AudienceIndex
    clock: Callable[[], datetime]
    derived_id: DerivedId
    sample_seconds: float


class AudienceServices:
    """Any number may count at the same time: of each stretch of time one sample is recorded, the
    first that comes. What was seen between samples is this process's own."""

    def __init__(self, ports: AudiencePorts) -> None:
        self._bus = ports.bus
        self._presence = ports.presence
        self._index = ports.index
        self._clock = ports.clock
        self._derived_id = ports.derived_id
        self._seconds = ports.sample_seconds
        self._most: dict[str, int] = {}

    async def look(self) -> None:
        """Notices how many are in each room; to be repeated every few seconds, so that peaks
        between samples count. Raises `PresenceUnavailable`."""
        self._notice(await self._presence.occupied())

    async def record(self) -> Collection[str]:
        """Has a sample recorded of each room somebody is in or was noticed in, and of each that
        has emptied since its last sample, whoever recorded that. The rooms, by their live streams.

        Raises `PresenceUnavailable`, and what the bus raises; nothing noticed is lost by that.
        """
        watched, viewers = await self._index.watched(), await self._presence.occupied()
        self._notice(viewers)
        most, self._most = self._most, {}
        rooms = most.keys() | set(watched)
        window = int(self._clock().timestamp() // self._seconds)
        samples = [
            SampleAudience(stream_id=room, viewers=viewers.get(room, 0), most=most.get(room, 0))
            for room in rooms
        ]
        try:
            await asyncio.gather(*(self._have_recorded(sample, window) for sample in samples))
        except BaseException:
            self._notice(most)
            raise
        return rooms

    def _notice(self, viewers: Mapping[str, int]) -> None:
        for room, count in viewers.items():
            self._most[room] = max(count, self._most.get(room, 0))

    async def _have_recorded(self, sample: SampleAudience, window: int) -> None:
        """Whoever else counted in this stretch of time counted otherwise: the command's id, and
        not what is in it, tells it from others."""
        command_id = self._derived_id("audience.sample", sample.stream_id, str(window))
        await self._bus.execute(
            Dispatch(
                command=sample,
                command_id=command_id,
                actor=_ACTOR,
                now=self._clock(),
                fingerprint=sha256(command_id.encode()).digest(),
            )
        )
