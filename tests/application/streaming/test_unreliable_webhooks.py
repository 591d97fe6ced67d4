"""However webhooks come, the show ends up where the provider is."""

from itertools import permutations

import pytest

from domain.streaming.events import BroadcastInterrupted, LiveStreamEnded
from tests.support.eventually import eventually
from tests.support.stage import Stage

ORDERS = [*permutations(range(3)), (0, 0, 1, 1, 2, 2), (2, 0, 2, 1, 0), (2,), (0,), ()]


async def caught(play: Stage, number: int) -> list[bytes]:
    """The bodies of the first `number` webhooks about the feed, as sent."""

    def bodies() -> list[bytes]:
        sent = [each.body for each in play.webhooks.caught if b"live_input." in each.body]
        return sent if len(sent) >= number else []

    return (await eventually(bodies))[:number]


async def deliver(play: Stage, bodies: list[bytes], order: tuple[int, ...]) -> None:
    for index in order:
        await play.run("streaming.take_webhook", await play.receive(bodies[index]))
        await play.settle()


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_a_show_whose_feed_came_back_is_live(play: Stage, order: tuple[int, ...]) -> None:
    input_uid = await play.ready()
    await play.studio.connect(input_uid)
    await play.studio.disconnect(input_uid)
    await play.studio.connect(input_uid)
    await deliver(play, await caught(play, 3), order)
    await play.sweep()
    show = await play.show()
    assert show.status == "live"
    assert show.feed is not None
    assert show.feed.since == (await play.video.input_status(input_uid)).since


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 0, 1, 1), (1,), ()], ids=str)
async def test_a_show_whose_feed_was_lost_is_interrupted_and_ends_once(
    play: Stage, order: tuple[int, ...]
) -> None:
    input_uid = await play.live()
    await play.studio.disconnect(input_uid)
    await play.studio.finish_recordings()
    await deliver(play, await caught(play, 2), order)
    await play.sweep()
    assert (await play.show()).status == "interrupted"
    await play.later(61)
    assert len(await play.told(BroadcastInterrupted)) == len(await play.told(LiveStreamEnded)) == 1
