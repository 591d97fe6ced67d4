"""Offers that open and close by themselves, at the times their terms say."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from application.ports import CommandBus, DerivedId
from application.processes.dispatching import by_system
from application.processes.process import ClearDeadline, Reaction, SetDeadline
from domain.shared import Recorded
from domain.showcase import events as fact
from domain.showcase.commands import CloseOfferInTime, OpenOfferInTime

OPEN_OFFER = "shop.open_offer"
CLOSE_OFFER = "shop.close_offer"


class OfferHours:
    """Keeps a deadline for each. That one comes too late, or after the terms have changed, the
    decision sees to."""

    name = "offer_hours"
    contexts = frozenset({"showcase"})

    def react(self, recorded: Recorded) -> Sequence[Reaction]:
        event, stream_id = recorded.event, recorded.entity_id
        match event:
            case fact.OfferPrepared() | fact.OfferRevised():
                return (_deadline(OPEN_OFFER, stream_id, event.offer_id, event.terms.opens_at),)
            case fact.OfferOpened():
                closing = _deadline(CLOSE_OFFER, stream_id, event.offer_id, event.closes_at)
                return (ClearDeadline(_key(OPEN_OFFER, event.offer_id)), closing)
            case fact.OfferClosed():
                keys = (_key(OPEN_OFFER, event.offer_id), _key(CLOSE_OFFER, event.offer_id))
                return tuple(map(ClearDeadline, keys))
            case _:
                return ()


def _deadline(job: str, stream_id: str, offer_id: str, due_at: datetime | None) -> Reaction:
    key = _key(job, offer_id)
    if due_at is None:
        return ClearDeadline(key)
    args = (stream_id, offer_id, due_at.isoformat())
    return SetDeadline(key=key, due_at=due_at, job=job, args=args)


def _key(job: str, offer_id: str) -> str:
    return f"{job}-{offer_id}"


class OfferClock:
    """The jobs: each time an offer opens or closes is one command."""

    def __init__(
        self, *, bus: CommandBus, clock: Callable[[], datetime], derived_id: DerivedId
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._derived_id = derived_id

    async def open_offer(self, stream_id: str, offer_id: str, due_at: str) -> None:
        command = OpenOfferInTime(stream_id=stream_id, offer_id=offer_id, now=self._now(due_at))
        await self._execute(OPEN_OFFER, command, due_at)

    async def close_offer(self, stream_id: str, offer_id: str, due_at: str) -> None:
        command = CloseOfferInTime(stream_id=stream_id, offer_id=offer_id, now=self._now(due_at))
        await self._execute(CLOSE_OFFER, command, due_at)

    def jobs(self) -> Mapping[str, Callable[..., Awaitable[None]]]:
        """The methods that run as jobs, by the jobs' names. Their arguments are all text."""
        return {OPEN_OFFER: self.open_offer, CLOSE_OFFER: self.close_offer}

    def _now(self, due_at: str) -> datetime:
        """Never before it is due: the clock that woke us may be ahead of ours."""
        return max(self._clock(), datetime.fromisoformat(due_at))

    async def _execute(
        self, job: str, command: OpenOfferInTime | CloseOfferInTime, due_at: str
    ) -> None:
        command_id = self._derived_id(job, command.offer_id, due_at)
        await self._bus.execute(by_system(command, command_id, job=job, now=self._clock()))
