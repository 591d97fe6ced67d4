"""What every video provider's adapter must do, shown against the provider or its simulator."""

from typing import Any, Protocol

import pytest

from application.ports import (
    IngestState,
    LiveInput,
    LiveVideo,
    OutputTarget,
    ProviderError,
    ProviderNotFound,
)
from tests.support.eventually import eventually

ABSENT = "0" * 32


class Studio(Protocol):
    """The encoder's side, and the provider's moods."""

    async def connect(self, input_uid: str) -> None: ...

    async def disconnect(self, input_uid: str) -> None: ...

    async def reject(self, input_uid: str, code: str) -> None: ...

    async def finish_recordings(self) -> None:
        """What would take minutes (waiting for a lost feed, processing) is over at once."""
        ...

    async def lose_answer(self, method: str, path: str) -> None:
        """The next such call is done, and its answer never comes."""
        ...


async def made(video: LiveVideo, key: str = "key-1") -> LiveInput:
    return await video.create_input(
        name="Show", idempotency_key=key, low_latency=False, meta={"stream_id": "s1"}
    )


async def _in_state(video: LiveVideo, uid: str, state: IngestState) -> Any:
    return (await video.input_status(uid)).state == state


async def _is_recorded(video: LiveVideo, studio: Studio, uid: str) -> Any:
    await studio.finish_recordings()
    return (await video.input_videos(uid))[-1].state == "ready"


class LiveVideoContract:
    """A subclass gives the fixtures `video` and `studio`, on an account with nothing in it."""

    async def test_create_input_gives_all_an_encoder_needs(self, video: LiveVideo) -> None:
        live_input = await made(video)
        secrets = live_input.credentials
        assert secrets.rtmps.url.startswith(("rtmps://", "rtmp://"))
        assert secrets.rtmps.stream_key
        assert secrets.srt.passphrase
        assert secrets.whip.url.startswith("http")
        assert live_input.customer_host

    async def test_create_input_gives_the_same_when_the_key_is_the_same(
        self, video: LiveVideo
    ) -> None:
        assert (await made(video)).credentials == (await made(video)).credentials
        assert (await made(video)).uid != (await made(video, "key-2")).uid

    async def test_create_input_makes_one_when_the_answer_is_lost(
        self, video: LiveVideo, studio: Studio
    ) -> None:
        await studio.lose_answer("POST", "/live_inputs")
        first = await made(video)
        assert (await made(video)).uid == first.uid

    async def test_input_status_follows_the_feed(self, video: LiveVideo, studio: Studio) -> None:
        uid = (await made(video)).uid
        assert (await video.input_status(uid)).state == "idle"
        await studio.connect(uid)
        assert (await video.input_status(uid)).state == "connected"
        await studio.disconnect(uid)
        assert (await video.input_status(uid)).state == "disconnected"

    async def test_input_status_is_errored_when_the_feed_is_rejected(
        self, video: LiveVideo, studio: Studio
    ) -> None:
        uid = (await made(video)).uid
        await studio.reject(uid, "ERR_GOP_OUT_OF_RANGE")
        assert (await video.input_status(uid)).state == "errored"

    async def test_input_videos_are_one_a_broadcast_oldest_first(
        self, video: LiveVideo, studio: Studio
    ) -> None:
        uid = (await made(video)).uid
        assert list(await video.input_videos(uid)) == []
        await studio.connect(uid)
        [first] = await video.input_videos(uid)
        assert (first.state, first.input_uid) == ("live", uid)
        await self._end(video, studio, uid)
        await studio.connect(uid)
        videos = await video.input_videos(uid)
        assert [each.state for each in videos] == ["ready", "live"]
        assert videos[0].uid == first.uid

    async def test_live_videos_has_who_is_live_and_nobody_else(
        self, video: LiveVideo, studio: Studio
    ) -> None:
        live, over, idle = [(await made(video, key)).uid for key in ("k1", "k2", "k3")]
        await studio.connect(live)
        await studio.connect(over)
        await self._end(video, studio, over)
        assert idle
        assert [each.input_uid for each in await video.live_videos()] == [live]

    async def test_set_input_enabled_ends_a_broadcast_when_disabled(
        self, video: LiveVideo, studio: Studio
    ) -> None:
        uid = (await made(video)).uid
        await studio.connect(uid)
        await video.set_input_enabled(uid, enabled=False)
        await eventually(lambda: _in_state(video, uid, "disconnected"))
        await video.set_input_enabled(uid, enabled=True)
        await studio.connect(uid)
        assert (await video.input_status(uid)).state == "connected"

    async def test_set_input_enabled_keeps_the_keys(self, video: LiveVideo) -> None:
        before = await made(video)
        await video.set_input_enabled(before.uid, enabled=False)
        assert (await made(video)).credentials == before.credentials

    async def test_rotate_keys_replaces_every_secret(self, video: LiveVideo) -> None:
        before = await made(video)
        fresh = await video.rotate_keys(before.uid)
        old = before.credentials
        assert fresh.rtmps.stream_key != old.rtmps.stream_key
        assert fresh.srt.passphrase != old.srt.passphrase
        assert fresh.whip.url != old.whip.url
        assert (await made(video)).credentials == fresh

    async def test_delete_input_is_done_when_it_is_gone(self, video: LiveVideo) -> None:
        uid = (await made(video)).uid
        await video.delete_input(uid)
        await video.delete_input(uid)
        with pytest.raises(ProviderNotFound):
            await video.input_status(uid)

    async def test_add_output_reuses_the_same_target(self, video: LiveVideo) -> None:
        uid = (await made(video)).uid
        target = OutputTarget(url="rtmp://other.example/app", stream_key="channel-1")
        first = await video.add_output(uid, target)
        assert await video.add_output(uid, target) == first

    async def test_add_output_makes_one_when_the_answer_is_lost(
        self, video: LiveVideo, studio: Studio
    ) -> None:
        uid = (await made(video)).uid
        target = OutputTarget(url="rtmp://other.example/app", stream_key="channel-1")
        await studio.lose_answer("POST", "/outputs")
        first = await video.add_output(uid, target)
        assert await video.add_output(uid, target) == first

    async def test_remove_output_is_done_when_it_is_gone(self, video: LiveVideo) -> None:
        uid = (await made(video)).uid
        target = OutputTarget(url="rtmp://other.example/app", stream_key="channel-1")
        output_uid = await video.add_output(uid, target)
        await video.remove_output(uid, output_uid)
        await video.remove_output(uid, output_uid)
        assert await video.add_output(uid, target) != output_uid

    async def test_calls_on_an_absent_input_are_not_found(self, video: LiveVideo) -> None:
        target = OutputTarget(url="rtmp://other.example/app", stream_key="channel-1")
        calls = (
            video.input_status(ABSENT),
            video.input_videos(ABSENT),
            video.set_input_enabled(ABSENT, enabled=False),
            video.rotate_keys(ABSENT),
            video.add_output(ABSENT, target),
        )
        for call in calls:
            with pytest.raises(ProviderNotFound):
                await call

    async def test_no_secret_shows_in_what_is_returned(self, video: LiveVideo) -> None:
        live_input = await made(video)
        assert live_input.credentials.rtmps.stream_key not in repr(live_input)
        assert live_input.credentials.whip.url not in repr(live_input)

    async def _end(self, video: LiveVideo, studio: Studio, uid: str) -> None:
        await studio.disconnect(uid)

        await eventually(lambda: _is_recorded(video, studio, uid))


class UnreachableVideoContract:
    """A subclass gives the fixture `unreachable`: an adapter whose provider is not there."""

    async def test_every_call_raises_a_provider_error(self, unreachable: LiveVideo) -> None:
        with pytest.raises(ProviderError):
            await made(unreachable)
        with pytest.raises(ProviderError):
            await unreachable.live_videos()
