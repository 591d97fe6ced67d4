"""Streams' states to put commands together with: the writer's own, else the log's."""

from typing import TypeVar

from application.ports import EventLog, Loaded
from domain.shared import Decider
from infrastructure.event_store.sequencer import Sequencer

S = TypeVar("S")


class SequencerStates:
    """Implements `RecentStates`."""

    def __init__(self, sequencer: Sequencer, log: EventLog) -> None:
        self._sequencer = sequencer
        self._log = log

    async def recall(self, decider: Decider[S], stream: str) -> Loaded[S]:
        return self._sequencer.recall(stream) or await self._log.load(decider, stream)
