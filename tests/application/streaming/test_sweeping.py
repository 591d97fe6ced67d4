"""Sweeps heal what webhooks and jobs have missed, and cost little."""

from datetime import timedelta

import msgspec

from domain.streaming.commands import CancelLiveStream, EndLiveStream
from domain.streaming.events import LiveStreamEnded
from tests.support.builders import HOST, SHOW, schedule
from tests.support.stage import GRACE_SECONDS, SWEEP_SECONDS, Stage

MINUTE = 60.0


async def test_sweep_goes_live_when_the_connection_was_never_told(play: Stage) -> None:
    await play.studio.connect(await play.ready())
    await play.sweep()
    assert (await play.show()).status == "live"


async def test_sweep_interrupts_when_the_loss_was_never_told(play: Stage) -> None:
    await play.studio.disconnect(await play.live())
    await play.sweep()
    assert (await play.show()).status == "interrupted"


async def test_sweep_interrupts_what_is_not_among_the_live_videos(play: Stage) -> None:
    await play.studio.disconnect(await play.live())
    await play.studio.finish_recordings()
    await play.sweep()
    assert (await play.show()).status == "interrupted"


async def test_sweep_resumes_when_the_return_was_never_told(play: Stage) -> None:
    input_uid = await play.live()
    await play.studio.disconnect(input_uid)
    await play.reconcile()
    await play.studio.connect(input_uid)
    await play.sweep()
    assert (await play.show()).status == "live"


async def test_sweep_asks_about_a_whip_show_which_no_list_has(play: Stage) -> None:
    input_uid = await play.live(mode="whip")
    await play.studio.disconnect(input_uid)
    await play.sweep()
    assert (await play.show()).status == "interrupted"


async def test_sweep_costs_one_call_when_nothing_is_wrong(play: Stage) -> None:
    await play.ready()
    await play.studio.fail("GET", "/stream/live_inputs", status=503)
    await play.run("streaming.sweep_live_inputs")
    assert play.backlog.names() == []


async def test_sweep_asks_about_a_show_on_air_once(play: Stage) -> None:
    input_uid = await play.live()
    await play.run("streaming.sweep_live_inputs")
    assert [job.args for _, job in play.backlog.waiting] == [(input_uid, "20")]


async def test_sweep_asks_nothing_when_no_show_is_open(play: Stage) -> None:
    await play.studio.fail("GET", "/stream", status=503)
    await play.sweep()


async def test_sweep_ends_the_show_when_the_grace_deadline_was_lost(play: Stage) -> None:
    await play.studio.disconnect(await play.live())
    await play.reconcile()
    play.backlog.deadlines.clear()
    await play.later(GRACE_SECONDS + 30 + MINUTE + SWEEP_SECONDS / 2)
    await play.sweep()
    assert await play.told(LiveStreamEnded) == [LiveStreamEnded(reason="feed_lost")]


async def test_sweep_provisions_when_the_job_was_lost(play: Stage) -> None:
    await play.ask(schedule())
    await play.react()
    play.backlog.waiting.clear()
    await play.later(MINUTE / 2)
    await play.sweep()
    assert (await play.show()).status == "scheduled"
    await play.later(MINUTE / 2)
    await play.sweep()
    assert (await play.show()).status == "ready"


async def test_sweep_retires_when_the_job_was_lost(play: Stage) -> None:
    await play.live()
    await play.ask(EndLiveStream(stream_id=SHOW, by=HOST))
    await play.react()
    play.backlog.waiting.clear()
    await play.later(10 * MINUTE + SWEEP_SECONDS / 2)
    await play.sweep()
    await play.studio.finish_recordings()
    await play.later(10)
    show = await play.show()
    assert (show.status, show.input_retired) == ("archived", True)


async def test_sweep_retires_an_input_that_came_after_the_cancellation(play: Stage) -> None:
    await play.ready()
    await play.ask(CancelLiveStream(stream_id=SHOW, by=HOST))
    await play.react()
    play.backlog.waiting.clear()
    await play.later(10 * MINUTE + SWEEP_SECONDS / 2)
    await play.sweep()
    assert (await play.show()).input_retired
    assert (await play.studio.overview())["inputs"] == 0


async def test_sweep_takes_a_bounded_number_of_shows_in_turn(play: Stage) -> None:
    shows = {f"0190f3a2-0000-7000-8000-{number:012d}" for number in range(120)}
    for stream_id in shows:
        await play.ask(schedule(stream_id=stream_id))
    await play.react()
    seen: set[str] = set()
    for _ in range(2):
        play.backlog.waiting.clear()
        play.clock.ahead += timedelta(seconds=MINUTE)
        await play.run("streaming.sweep_live_inputs")
        asked = {job.args[0] for _, job in play.backlog.waiting}
        assert len(asked) == 100
        seen |= asked
    assert seen == shows


async def test_sweep_looks_at_a_bounded_number_of_shows_in_turn(play: Stage) -> None:
    inputs = {f"0190f3a2-0000-7000-8000-{number:012d}" for number in range(25)}
    for stream_id in inputs:
        await play.ask(schedule(stream_id=stream_id))
    await play.react()
    for stream_id, view in play.index.views.items():
        waits = msgspec.structs.replace(view, status="starting", input_uid=stream_id)
        play.index.views[stream_id] = waits
    seen: set[str] = set()
    for _ in range(2):
        play.backlog.waiting.clear()
        await play.run("streaming.sweep_live_inputs")
        asked = {job.args[0] for _, job in play.backlog.waiting}
        assert len(asked) == 20
        seen |= asked
        play.clock.ahead += timedelta(seconds=SWEEP_SECONDS)
    assert seen == inputs
