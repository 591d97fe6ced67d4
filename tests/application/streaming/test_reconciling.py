"""Shows follow what the provider says when asked, and nothing else."""

import pytest

from application.ports import ProviderUnavailable
from domain.streaming.commands import StartLiveStream
from domain.streaming.events import (
    BroadcastConnected,
    BroadcastInterrupted,
    BroadcastResumed,
    IngestErrorReported,
    LiveStreamEnded,
    LiveStreamStarted,
    RecordingStarted,
)
from tests.support.builders import HOST, SHOW
from tests.support.stage import GRACE_SECONDS, Stage


async def test_reconcile_goes_live_when_the_feed_is_there(play: Stage) -> None:
    await play.live()
    kinds = [type(event) for event in await play.events()][2:]
    assert kinds == [BroadcastConnected, LiveStreamStarted, RecordingStarted]


async def test_reconcile_comes_to_nothing_when_nothing_has_changed(play: Stage) -> None:
    await play.live()
    head = await play.store.log.head()
    await play.reconcile()
    assert await play.store.log.head() == head


async def test_reconcile_passes_over_an_input_of_nobody(play: Stage) -> None:
    await play.run("streaming.reconcile_live_input", "0" * 32)


@pytest.mark.parametrize("form", ["string", "object"])
async def test_reconcile_understands_each_form_of_the_status(play: Stage, form: str) -> None:
    input_uid = await play.ready()
    await play.studio.status_form(form)
    await play.studio.connect(input_uid)
    await play.reconcile()
    assert (await play.show()).status == "live"


async def test_reconcile_looks_again_while_the_feed_shows_no_picture(play: Stage) -> None:
    input_uid = await play.ready()
    await play.studio.connect(input_uid)
    await play.studio.hide_videos()
    await play.reconcile()
    assert (await play.show()).status == "ready"
    assert play.backlog.names() == ["streaming.reconcile_live_input"]
    await play.studio.clear_faults()
    await play.later(2)
    assert (await play.show()).status == "live"


async def test_reconcile_stops_looking_for_a_picture_that_never_comes(play: Stage) -> None:
    input_uid = await play.ready()
    await play.studio.connect(input_uid)
    await play.studio.hide_videos()
    await play.run("streaming.reconcile_live_input", input_uid, "20")
    assert play.backlog.names() == []


async def test_reconcile_takes_a_whip_feed_without_video_for_live(play: Stage) -> None:
    input_uid = await play.ready(mode="whip")
    await play.studio.connect(input_uid)
    await play.studio.hide_videos()
    await play.reconcile()
    assert (await play.show()).status == "live"


async def test_reconcile_tells_the_host_of_a_rejected_feed(play: Stage) -> None:
    input_uid = await play.ready()
    await play.studio.reject(input_uid, "ERR_GOP_OUT_OF_RANGE")
    await play.reconcile()
    (error,) = await play.told(IngestErrorReported)
    assert isinstance(error, IngestErrorReported)
    assert error.problem == "ingest_rejected"


async def test_reconcile_concludes_nothing_when_the_provider_does_not_answer(play: Stage) -> None:
    await play.live()
    await play.studio.fail("GET", "/stream/live_inputs", status=502)
    with pytest.raises(ProviderUnavailable):
        await play.reconcile()
    assert (await play.show()).status == "live"


async def test_a_feed_that_comes_back_within_the_grace_time_keeps_the_show(play: Stage) -> None:
    input_uid = await play.live()
    await play.studio.disconnect(input_uid)
    await play.reconcile()
    await play.later(GRACE_SECONDS / 2)
    await play.studio.connect(input_uid)
    await play.reconcile()
    await play.later(GRACE_SECONDS)
    assert (await play.show()).status == "live"
    assert len(await play.told(BroadcastInterrupted)) == len(await play.told(BroadcastResumed)) == 1


async def test_a_feed_that_stays_away_ends_the_show_after_the_grace_time(play: Stage) -> None:
    await play.studio.disconnect(await play.live())
    await play.reconcile()
    await play.later(GRACE_SECONDS - 5)
    assert (await play.show()).status == "interrupted"
    await play.later(10)
    assert await play.told(LiveStreamEnded) == [LiveStreamEnded(reason="feed_lost")]


async def test_grace_asks_first_when_the_feed_came_back_unnoticed(play: Stage) -> None:
    input_uid = await play.live()
    await play.studio.disconnect(input_uid)
    await play.reconcile()
    await play.studio.connect(input_uid)
    await play.later(GRACE_SECONDS + 1)
    assert (await play.show()).status == "live"
    assert len(await play.told(BroadcastResumed)) == 1


async def test_grace_waits_when_the_provider_does_not_answer(play: Stage) -> None:
    await play.studio.disconnect(await play.live())
    await play.reconcile()
    await play.studio.fail("GET", "/stream/live_inputs", status=503)
    with pytest.raises(ProviderUnavailable):
        await play.later(GRACE_SECONDS + 1)
    assert (await play.show()).status == "interrupted"


async def test_grace_of_an_earlier_interruption_asks_nothing(play: Stage) -> None:
    await play.live()
    await play.studio.fail("GET", "/stream", status=503)
    await play.run("streaming.end_after_grace", SHOW, "1")
    assert (await play.show()).status == "live"


async def test_a_start_before_the_feed_goes_live_with_it(play: Stage) -> None:
    input_uid = await play.ready()
    await play.ask(StartLiveStream(stream_id=SHOW, by=HOST))
    await play.reconcile()
    assert (await play.show()).status == "starting"
    await play.studio.connect(input_uid)
    await play.reconcile()
    assert (await play.show()).status == "live"
