"""A simulated crowd in one room: who comes and goes, who speaks, when hearts fly."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from time import monotonic
from typing import get_args

from domain.chat.values import ReactionKind
from interfaces.cli.crowd import phrases
from interfaces.cli.crowd.figures import Figures
from interfaces.cli.crowd.guest import Guest, Server

_ARRIVALS_A_SECOND = 25.0
_STAY_SECONDS = 240.0  # on average
_AWAY_SECONDS = 12.0
_LINE_SECONDS = 3.0
_BURST_SECONDS = 6.0  # between two, on average
_BURST_SHARE = 0.2  # of the viewers take part
_TAPS = 8
_TALKATIVE = 0.9  # exponent: of a hundred, ten say half of everything
_KINDS: tuple[ReactionKind, ...] = get_args(ReactionKind)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """So many viewers, messages a second of all together, and seconds; 0 seconds: until stopped."""

    address: str
    stream_id: str
    viewers: int
    rate: float
    seconds: float


async def drive(plan: Plan, show: Callable[[str], None]) -> Figures:
    """Shows a line of figures every few seconds. Raises `Shut`."""
    figures, server = Figures(), Server(plan.address, plan.stream_id)
    crowd = Crowd(plan.viewers, server, figures)
    try:
        async with asyncio.timeout(plan.seconds or None), asyncio.TaskGroup() as group:
            for number, guest in enumerate(crowd.guests):
                group.create_task(crowd.come_and_go(guest, number / _ARRIVALS_A_SECOND))
            group.create_task(crowd.talk(plan.rate))
            group.create_task(crowd.cheer())
            group.create_task(_tell(figures, show))
    except TimeoutError:
        show(figures.line())
    except ExceptionGroup as problems:
        raise problems.exceptions[0] from problems
    finally:
        await server.api.aclose()
    return figures


class Crowd:
    """`talk` and `cheer` are the whole crowd's; `come_and_go` is one guest's."""

    def __init__(self, viewers: int, server: Server, figures: Figures) -> None:
        self._chance = Random()  # noqa: S311  # nothing secret is chosen
        self.guests = [Guest(server, figures, self._chance) for _ in range(viewers)]
        self._talkative = list(accumulate((rank + 1) ** -_TALKATIVE for rank in range(viewers)))

    async def come_and_go(self, guest: Guest, after_seconds: float) -> None:
        """Until the guest is banned."""
        await asyncio.sleep(after_seconds)
        await guest.sign_in()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._chance.expovariate(1 / _STAY_SECONDS)):
                    await guest.watch()
                    return
            await asyncio.sleep(self._chance.expovariate(1 / _AWAY_SECONDS))

    async def talk(self, rate: float) -> None:
        """At random times, `rate` a second on average; a few say most of it."""
        if not rate:
            return
        due = monotonic()
        while True:
            due += self._chance.expovariate(rate)
            await asyncio.sleep(max(0.0, due - monotonic()))
            [guest] = self._chance.choices(self.guests, cum_weights=self._talkative)
            if guest.is_present:
                await guest.say(phrases.remark(self._chance, guest.language))

    async def cheer(self) -> None:
        """Something was worth a like, now and then, and many tap at once."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / _BURST_SECONDS))
            moved = self._chance.sample(self.guests, max(1, int(len(self.guests) * _BURST_SHARE)))
            kind = self._chance.choice(_KINDS)
            await asyncio.gather(*(self._tap(guest, kind) for guest in moved))

    async def _tap(self, guest: Guest, kind: ReactionKind) -> None:
        await asyncio.sleep(self._chance.uniform(0, 1.5))
        if guest.is_present:
            await guest.react(kind, self._chance.randint(1, _TAPS))


async def _tell(figures: Figures, show: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(_LINE_SECONDS)
        show(figures.line())
