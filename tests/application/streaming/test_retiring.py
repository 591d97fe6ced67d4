"""Live inputs go out of use in the right order: nothing of the replay is lost."""

import pytest

from application.ports import IngestStatus, ProviderNotFound
from application.streaming.provisioning import credentials_ref
from application.streaming.retiring import LAST_LOOK
from domain.streaming.commands import CancelLiveStream, EndLiveStream, StartLiveStream
from domain.streaming.events import LiveInputRetired, RecordingFailed, RecordingReady
from tests.support.builders import HOST, SHOW
from tests.support.stage import Stage

END = EndLiveStream(stream_id=SHOW, by=HOST)


async def test_retire_cuts_off_a_feed_that_goes_on_after_the_end(play: Stage) -> None:
    input_uid = await play.ended()
    status: IngestStatus = await play.video.input_status(input_uid)
    assert status.state != "connected"
    assert (await play.show()).status == "ended"


async def test_retire_waits_for_the_recording_and_keeps_the_input_for_it(play: Stage) -> None:
    input_uid = await play.ended()
    assert not (await play.show()).input_retired
    await play.studio.finish_recordings()
    await play.later(6)
    assert await play.told(LiveInputRetired) == [LiveInputRetired(input_uid=input_uid)]
    assert [video.state for video in await play.video.input_videos(input_uid)] == ["ready"]
    assert await play.vault.get(credentials_ref(SHOW)) is None


async def test_retire_keeps_every_part_of_a_split_show(play: Stage) -> None:
    input_uid = await play.live()
    await play.studio.disconnect(input_uid)
    await play.studio.finish_recordings()
    await play.reconcile()
    await play.studio.connect(input_uid)
    await play.reconcile()
    await play.ask(END)
    await play.settle()
    assert (await play.show()).status == "ended"
    await play.studio.finish_recordings()
    await play.later(6)
    assert (await play.show()).status == "archived"
    assert list((await play.show()).recordings.values()) == ["ready", "ready"]


async def test_retire_leaves_the_show_ended_when_the_recording_failed(play: Stage) -> None:
    await play.ended()
    (recording_id,) = (await play.show()).recordings
    await play.studio.spoil(recording_id)
    await play.later(6)
    show = await play.show()
    assert (show.status, show.input_retired) == ("ended", True)
    assert len(await play.told(RecordingFailed)) == 1


async def test_retire_looks_ever_more_rarely_and_then_leaves_it_to_the_sweep(play: Stage) -> None:
    await play.ended()
    looks = 1
    while play.backlog.names():
        assert play.backlog.names() == ["streaming.retire_live_input"]
        await play.later(301)
        looks += 1
        assert looks <= LAST_LOOK
    assert looks == LAST_LOOK
    assert not (await play.show()).input_retired


async def test_retire_deletes_the_input_of_a_cancelled_show(play: Stage) -> None:
    input_uid = await play.ready()
    await play.ask(CancelLiveStream(stream_id=SHOW, by=HOST))
    await play.settle()
    assert (await play.show()).input_retired
    with pytest.raises(ProviderNotFound):
        await play.video.input_status(input_uid)


async def test_retire_deletes_the_input_of_a_show_that_never_was_on_air(play: Stage) -> None:
    await play.ready()
    await play.ask(StartLiveStream(stream_id=SHOW, by=HOST))
    await play.ask(END)
    await play.settle()
    show = await play.show()
    assert (show.status, show.input_retired) == ("ended", True)
    assert (await play.studio.overview())["inputs"] == 0


async def test_retire_lets_a_whip_show_go_without_a_recording(play: Stage) -> None:
    await play.studio.hide_videos()
    await play.live(mode="whip")
    await play.ask(END)
    await play.settle()
    show = await play.show()
    assert (show.status, show.input_retired) == ("ended", True)


async def test_retire_waits_for_videos_that_are_slow_to_be_listed(play: Stage) -> None:
    await play.live()
    await play.studio.hide_videos()
    await play.ask(END)
    await play.settle()
    assert not (await play.show()).input_retired
    await play.studio.clear_faults()
    await play.studio.finish_recordings()
    await play.later(6)
    assert (await play.show()).status == "archived"


async def test_retire_comes_to_nothing_when_repeated(play: Stage) -> None:
    await play.ended()
    await play.studio.finish_recordings()
    await play.later(6)
    head = await play.store.log.head()
    await play.run("streaming.retire_live_input", SHOW)
    assert await play.store.log.head() == head


async def test_retire_comes_to_nothing_when_the_show_goes_on(play: Stage) -> None:
    input_uid = await play.live()
    await play.run("streaming.retire_live_input", SHOW)
    assert (await play.video.input_status(input_uid)).state == "connected"


async def test_reconcile_adds_nothing_twice_after_retiring(play: Stage) -> None:
    await play.ended()
    await play.studio.finish_recordings()
    await play.later(6)
    await play.reconcile()
    assert len(await play.told(RecordingReady)) == 1
