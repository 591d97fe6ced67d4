"""How the streaming jobs look at a show and report to it. Owns no rule: the show decides."""

from hashlib import sha256

import msgspec

from application.ports import CommandBus, DerivedId, Dispatch, EventLog, Loaded
from application.streaming.ports import Clock
from domain.streaming.commands import SystemCommand
from domain.streaming.deciding import LIVE_STREAM
from domain.streaming.live_stream import LiveStream

_encode = msgspec.json.Encoder(order="deterministic").encode


class Shows:
    """Loads shows and reports to them, with command ids that make a repeated job harmless."""

    def __init__(
        self, *, bus: CommandBus, log: EventLog, clock: Clock, derived_id: DerivedId
    ) -> None:
        self._bus = bus
        self._log = log
        self._clock = clock
        self._derived_id = derived_id

    async def load(self, stream_id: str) -> Loaded[LiveStream]:
        return await self._log.load(LIVE_STREAM, LIVE_STREAM.stream(stream_id))

    async def report(self, seen: Loaded[LiveStream], command: SystemCommand, *, job: str) -> None:
        """Reports what `job` found out when the show stood as `seen`.

        The id names the report and the version it was made on: the same news counts anew once
        the show has moved on, and only then. News that would come to nothing is not sent.
        """
        if not LIVE_STREAM.decide(seen.state, command):
            return
        content = sha256(_encode(command)).digest()
        command_id = self._derived_id(
            "streaming", type(command).__name__, command.stream_id, str(seen.version), content.hex()
        )
        await self._bus.execute(
            Dispatch(
                command=command,
                command_id=command_id,
                actor=f"system:{job}",
                now=self._clock(),
                fingerprint=content,
            )
        )
