"""Finds what no webhook told us and no job finished. Costs one call to the provider a sweep;
whatever looks wrong, and in turn what is on air, is left to the jobs that ask about that one show.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from application.ports import BroadcastIndex, JobQueue, LiveVideo, OpenBroadcast
from application.streaming.ports import Clock, Inbox
from application.streaming.reconciling import LAST_LOOK

_UNFINISHED_AFTER = timedelta(seconds=60)
_JOBS_A_SWEEP = 40  # most cost two calls; the account has 1,200 in five minutes
_CHECKS_A_SWEEP = 20  # of these 40, for shows that nothing speaks against
_PROVISIONS_A_SWEEP = 100  # they wait for the account's budget in a queue of their own
_GRACE_MARGIN_SECONDS = 30.0
_MINUTE, _DAY = 60.0, 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`sweep_seconds` between sweeps; `grace_seconds` a show waits for its feed."""

    clock: Clock
    sweep_seconds: float
    grace_seconds: float


class Wanted(msgspec.Struct, frozen=True):
    """A job to be done about one show."""

    job: str
    args: tuple[str, ...]


class Sweeping:
    def __init__(
        self,
        *,
        video: LiveVideo,
        index: BroadcastIndex,
        inbox: Inbox,
        jobs: JobQueue,
        pace: Pace,
    ) -> None:
        self._video = video
        self._index = index
        self._inbox = inbox
        self._jobs = jobs
        self._pace = pace

    async def sweep_live_inputs(self) -> None:
        """Heals lost webhooks in both directions, lost jobs, and webhooks left in the inbox."""
        now = self._pace.clock()
        for webhook_id in await self._inbox.unfinished(now - _UNFINISHED_AFTER):
            await self._jobs.enqueue("streaming.take_webhook", webhook_id)
        broadcasts = await self._index.open_broadcasts()
        if not broadcasts:
            return
        unprovisioned = list(self._unprovisioned(broadcasts, now))
        for job in self._turn(unprovisioned, now, at_most=_PROVISIONS_A_SWEEP):
            await self._jobs.enqueue(job.job, *job.args)
        live = {video.input_uid for video in await self._video.live_videos()}
        wanted = [job for show in broadcasts for job in self._jobs_for(show, live, now)]
        urgent = self._turn(wanted, now, at_most=_JOBS_A_SWEEP)
        asked = {arg for job in wanted for arg in job.args}
        checks = [check for check in _checks(broadcasts) if check.args[0] not in asked]
        left = min(_CHECKS_A_SWEEP, _JOBS_A_SWEEP - len(urgent))
        for job in (*urgent, *self._turn(checks, now, at_most=left)):
            await self._jobs.enqueue(job.job, *job.args)

    def _jobs_for(
        self, show: OpenBroadcast, live: set[str | None], now: datetime
    ) -> Iterator[Wanted]:
        age = (now - show.changed_at).total_seconds()
        if show.input_uid is None:
            return
        if show.status in {"ready", "starting", "live", "interrupted"}:
            if self._is_doubtful(show, age, pictured=show.input_uid in live):
                yield Wanted("streaming.reconcile_live_input", (show.input_uid,))
            if self._waits_too_long(show, age):
                args = (show.stream_id, str(show.interruption))
                yield Wanted("streaming.end_after_grace", args)
        elif self._due(age, every=10 * _MINUTE if age < _DAY else _DAY):
            yield Wanted("streaming.retire_live_input", (show.stream_id,))

    def _unprovisioned(
        self, broadcasts: Sequence[OpenBroadcast], now: datetime
    ) -> Iterator[Wanted]:
        """Shows whose job may have been lost. One that only waits for its turn does no harm
        twice: whichever comes second finds the live input there."""
        for show in broadcasts:
            if show.input_uid is None and (now - show.changed_at).total_seconds() >= _MINUTE:
                yield Wanted("streaming.provision_live_input", (show.stream_id,))

    def _is_doubtful(self, show: OpenBroadcast, age: float, *, pictured: bool) -> bool:
        """Whether the list of live videos tells otherwise, or cannot tell: it has no WHIP feeds."""
        if show.status == "interrupted":
            return True
        if show.mode == "whip":
            return show.status != "ready" or self._due(age, every=5 * _MINUTE)
        return pictured != (show.status == "live")

    def _waits_too_long(self, show: OpenBroadcast, age: float) -> bool:
        overdue = age - self._pace.grace_seconds - _GRACE_MARGIN_SECONDS
        return show.status == "interrupted" and self._due(overdue, every=_MINUTE)

    def _due(self, age: float, *, every: float) -> bool:
        """True for one sweep in each `every` seconds of the age, so that no state is needed."""
        return age >= every and age % every < self._pace.sweep_seconds

    def _turn(self, wanted: Sequence[Wanted], now: datetime, *, at_most: int) -> Sequence[Wanted]:
        """As many as one sweep may cost; each sweep begins where the one before left off."""
        if len(wanted) <= at_most:
            return wanted
        sweeps = int(now.timestamp() / self._pace.sweep_seconds)
        start = sweeps * at_most % len(wanted)
        return [*wanted[start:], *wanted[:start]][:at_most]


def _checks(broadcasts: Sequence[OpenBroadcast]) -> Iterator[Wanted]:
    """Of shows with a feed, or waiting for one: the list of live videos still has a feed that was
    lost until the provider's recording timeout, and never has one that is refused."""
    for show in broadcasts:
        if show.input_uid is not None and show.status in {"starting", "live"}:
            yield Wanted("streaming.reconcile_live_input", (show.input_uid, LAST_LOOK))
