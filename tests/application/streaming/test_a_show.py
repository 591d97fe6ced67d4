"""A whole show, from its announcement to its replay, on each database."""

from pathlib import Path

from domain.streaming.commands import EndLiveStream, StartLiveStream
from tests.support.builders import HOST, SHOW, schedule
from tests.support.eventually import eventually
from tests.support.stage import Stage, stage


async def test_a_show_goes_from_announcement_to_replay(database_url: str, tmp_path: Path) -> None:
    async with stage(database_url, tmp_path) as play:
        await _announce_and_start(play)
        await play.studio.connect(await play.input_uid())
        await play.reconcile()
        assert (await play.show()).status == "live"
        await play.studio.disconnect(await play.input_uid())
        await play.reconcile()
        assert (await play.show()).status == "interrupted"
        await play.studio.connect(await play.input_uid())
        await play.reconcile()
        assert (await play.show()).status == "live"
        await play.ask(EndLiveStream(stream_id=SHOW, by=HOST))
        await play.settle()
        assert (await play.show()).status == "ended"
        await eventually(lambda: _is_archived(play))
        assert set((await play.show()).recordings.values()) == {"ready"}


async def _is_archived(play: Stage) -> bool:
    """The encoder's last seconds may still be on their way into the recording."""
    await play.studio.finish_recordings()
    await play.later(10)
    show = await play.show()
    return (show.status, show.input_retired) == ("archived", True)


async def _announce_and_start(play: Stage) -> None:
    await play.ask(schedule())
    await play.settle()
    assert (await play.show()).status == "ready"
    await play.ask(StartLiveStream(stream_id=SHOW, by=HOST))
    await play.settle()
    assert (await play.show()).status == "starting"
