"""Who watches and how they react is recorded now and then, by however many schedulers."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from application.audience.services import AudiencePorts, AudienceServices
from domain.audience.events import AudienceSampled
from domain.shared import Event
from infrastructure.audience_index import ProjectedAudienceIndex
from infrastructure.cancelling import cancel
from infrastructure.ids import derived_id
from interfaces.platform import Platform
from interfaces.roles.scheduler import Scheduler
from projections.audience.audiences import AUDIENCES, get_audience
from projections.streaming.live_streams import LIVE_STREAMS, LiveStreamView, get_live_stream
from tests.support.builders import NOON, SHOW, at, schedule
from tests.support.eventually import eventually
from tests.support.http import Api, api_settings, running_api

SAMPLE_SECONDS = 15.0


@dataclass
class Watched:
    """A show on a running platform, with whom a test has in it."""

    api: Api
    prefix: str
    now: datetime = field(default=NOON)

    @property
    def platform(self) -> Platform:
        return self.api.platform

    def counting(self) -> AudienceServices:
        """What a scheduler counts with."""
        platform = self.platform
        return AudienceServices(
            AudiencePorts(
                bus=platform.bus,
                presence=platform.presence,
                index=ProjectedAudienceIndex(platform.views),
                clock=lambda: self.now,
                derived_id=derived_id,
                sample_seconds=SAMPLE_SECONDS,
            )
        )

    async def come(self, *users: str) -> None:
        await self.platform.presence.seen({SHOW: users})

    async def leave(self) -> None:
        """As if everybody's presence had run out."""
        await self.platform.redis.delete(f"{self.prefix}{{present}}:{SHOW}")

    async def sample(self, counting: AudienceServices) -> None:
        """The next one, once the views have it."""
        self.now += at(SAMPLE_SECONDS) - NOON
        await counting.record()
        head = await self.platform.log.head()
        for view in (AUDIENCES, LIVE_STREAMS):
            await self.platform.views.wait(view, head)

    async def samples(self) -> list[Event]:
        found = await self.platform.log.read_stream(f"audience-{SHOW}", limit=100)
        return [recorded.event for recorded in found]

    async def shown(self) -> LiveStreamView:
        view = (await get_live_stream(self.platform.views, SHOW)).value
        assert view is not None
        return view


@pytest.fixture
async def watched(
    tmp_path: Path, sqlite_url: str, redis_url: str, redis_prefix: str
) -> AsyncIterator[Watched]:
    settings = api_settings(
        tmp_path,
        database_url=sqlite_url,
        redis_url=redis_url,
        prefix=redis_prefix,
        LIVE_AUDIENCE_SAMPLE_SECONDS="1",
    )
    async with running_api(settings) as api:
        await api.reported(schedule())
        yield Watched(api, redis_prefix)


def sampled(viewers: int, peak: int) -> AudienceSampled:
    return AudienceSampled(viewers=viewers, peak=peak)


async def test_a_stretch_of_time_is_sampled_once_by_any_number_of_schedulers(
    watched: Watched,
) -> None:
    several = [watched.counting() for _ in range(3)]
    await watched.come("ann", "bob")
    await asyncio.gather(*(each.record() for each in several))
    await watched.come("cem")
    await several[0].record()
    assert await watched.samples() == [sampled(2, 2)]


async def test_a_peak_between_two_samples_counts(watched: Watched) -> None:
    counting = watched.counting()
    await watched.come("ann", "bob", "cem")
    await counting.look()
    await watched.leave()
    await watched.come("ann")
    await watched.sample(counting)
    await watched.sample(counting)
    assert await watched.samples() == [sampled(1, 3), sampled(1, 3)]


async def test_who_came_and_went_between_two_samples_counts(watched: Watched) -> None:
    counting = watched.counting()
    await watched.come("ann")
    await counting.look()
    await watched.leave()
    await watched.sample(counting)
    assert await watched.samples() == [sampled(0, 1)]


async def test_a_room_that_emptied_is_sampled_once_more_by_whoever_comes_next(
    watched: Watched,
) -> None:
    await watched.come("ann", "bob")
    await watched.sample(watched.counting())
    await watched.leave()
    another = watched.counting()
    for _ in range(3):
        await watched.sample(another)
    assert await watched.samples() == [sampled(2, 2), sampled(0, 2)]
    audience = (await get_audience(watched.platform.views, SHOW)).value
    assert audience is not None
    assert [sample.viewers for sample in audience.samples] == [2, 0]


async def test_nothing_is_recorded_while_nobody_watches(watched: Watched) -> None:
    before = await watched.platform.log.head()
    for _ in range(3):
        await watched.sample(watched.counting())
    assert await watched.platform.log.head() == before


async def test_what_was_noticed_is_not_lost_with_a_failure(watched: Watched) -> None:
    counting = watched.counting()
    await watched.come("ann", "bob")
    await counting.look()
    await watched.leave()
    await watched.come("ann")
    await watched.platform.bus.stop()
    with pytest.raises(Exception, match="waiting"):
        await counting.record()
    await watched.platform.bus.start()
    await watched.sample(counting)
    assert await watched.samples() == [sampled(1, 2)]


async def test_schedulers_keep_a_show_s_viewers_and_likes_up_to_date(watched: Watched) -> None:
    platform = watched.platform
    schedulers = [Scheduler(platform) for _ in range(2)]
    await platform.services.chat.open(SHOW)
    watching = asyncio.create_task(_watch(watched))
    for each in schedulers:
        await each.start()
    try:
        await platform.reactions.add(SHOW, {"like": 7, "wow": 1}, {})
        await eventually(lambda: _shows(watched, viewers=2, likes=7))
        await cancel(watching)
        await eventually(lambda: _shows(watched, viewers=0, likes=7), timeout=12)
    finally:
        await cancel(watching)
        for each in schedulers:
            await each.stop()
    assert (await watched.shown()).peak_viewers == 2
    counted = await platform.log.read_stream(f"room-{SHOW}", limit=100)
    assert [recorded.type for recorded in counted].count("chat.ReactionsCounted") == 1


async def _watch(watched: Watched) -> None:
    while True:
        await watched.come("ann", "bob")
        await asyncio.sleep(watched.platform.presence.refresh_seconds)


async def _shows(watched: Watched, *, viewers: int, likes: int) -> bool:
    view = await watched.shown()
    return (view.viewers, view.likes) == (viewers, likes)
