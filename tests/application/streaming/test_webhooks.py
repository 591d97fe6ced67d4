"""Webhooks of the simulated provider, taken out of the inbox as they came."""

import pytest

from application.ports import ProviderUnavailable
from domain.streaming.events import IngestErrorReported
from tests.support.eventually import eventually
from tests.support.stage import Stage


async def newest(play: Stage, event: str) -> bytes:
    """The body of the webhook the provider sent of the event."""

    def sent() -> list[bytes]:
        return [each.body for each in play.webhooks.caught if event.encode() in each.body]

    return (await eventually(sent))[-1]


async def take(play: Stage, body: bytes) -> str:
    webhook_id = await play.receive(body)
    await play.run("streaming.take_webhook", webhook_id)
    await play.settle()
    return webhook_id


async def status_of(play: Stage, webhook_id: str) -> str:
    stored = await play.inbox.get(webhook_id)
    assert stored is not None
    return stored.status


async def test_a_connection_takes_the_show_live(play: Stage) -> None:
    await play.studio.connect(await play.ready())
    taken = await take(play, await newest(play, "live_input.connected"))
    assert (await play.show()).status == "live"
    assert await status_of(play, taken) == "done"


async def test_a_stale_disconnection_changes_nothing_when_the_feed_is_back(play: Stage) -> None:
    input_uid = await play.live()
    await play.studio.disconnect(input_uid)
    stale = await newest(play, "live_input.disconnected")
    await play.studio.connect(input_uid)
    await take(play, stale)
    assert (await play.show()).status == "live"


async def test_a_repeated_webhook_changes_nothing(play: Stage) -> None:
    await play.studio.connect(await play.ready())
    body = await newest(play, "live_input.connected")
    taken = await take(play, body)
    head = await play.store.log.head()
    await play.run("streaming.take_webhook", taken)
    await take(play, body)
    assert await play.store.log.head() == head


async def test_a_rejection_tells_the_host_the_precise_reason(play: Stage) -> None:
    input_uid = await play.ready()
    await play.studio.reject(input_uid, "ERR_UNSUPPORTED_VIDEO_CODEC")
    await take(play, await newest(play, "live_input.errored"))
    (error,) = await play.told(IngestErrorReported)
    assert isinstance(error, IngestErrorReported)
    assert error.problem == "unsupported_video_codec"
    assert error.provider_code == "ERR_UNSUPPORTED_VIDEO_CODEC"


async def test_a_ready_recording_archives_the_ended_show(play: Stage) -> None:
    await play.ended()
    await play.studio.finish_recordings()
    await take(play, await newest(play, "readyToStream"))
    assert (await play.show()).status == "archived"


async def test_a_webhook_stays_in_the_inbox_when_the_provider_does_not_answer(play: Stage) -> None:
    await play.studio.connect(await play.ready())
    body = await newest(play, "live_input.connected")
    await play.studio.fail("GET", "/stream/live_inputs", status=503)
    webhook_id = await play.receive(body)
    with pytest.raises(ProviderUnavailable):
        await play.run("streaming.take_webhook", webhook_id)
    assert await status_of(play, webhook_id) == "failed"
    await play.studio.clear_faults()
    await play.run("streaming.take_webhook", webhook_id)
    assert await status_of(play, webhook_id) == "done"
    assert (await play.show()).status == "live"


async def test_a_webhook_of_an_input_not_known_yet_is_kept_for_the_sweep(play: Stage) -> None:
    input_uid = await play.ready()
    await play.studio.connect(input_uid)
    body = await newest(play, "live_input.connected")
    known = play.index.views.copy()
    play.index.views.clear()
    webhook_id = await take(play, body)
    assert await status_of(play, webhook_id) == "failed"
    play.index.views.update(known)
    await play.later(61)
    await play.sweep()
    assert await status_of(play, webhook_id) == "done"
    assert (await play.show()).status == "live"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text":"Hello World! This is a test message"}', "done"),
        (b'{"uid":"6b9e68b07dfee8cc2d116e4c51d6a957","readyToStream":true}', "done"),
        (b"not json", "failed"),
        (b"[]", "failed"),
    ],
)
async def test_webhooks_of_no_show_are_settled(play: Stage, body: bytes, status: str) -> None:
    assert await status_of(play, await take(play, body)) == status


async def test_a_webhook_that_is_gone_is_passed_over(play: Stage) -> None:
    await play.run("streaming.take_webhook", "0190f3a2-0000-7000-8000-00000000ffff")
