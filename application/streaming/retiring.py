"""Takes the live inputs of finished shows out of use, once their recordings are known."""

from application.ports import JobQueue, LiveVideo, Loaded, ProviderNotFound, Vault
from application.streaming.outputs import output_ref
from application.streaming.provisioning import credentials_ref
from application.streaming.reconciling import videos_of
from application.streaming.recordings import reports, settled
from application.streaming.shows import Shows
from domain.streaming.commands import RecordRecordings, RetireLiveInput
from domain.streaming.live_stream import LiveStream
from domain.streaming.values import OVER

_JOB = "streaming.retire_live_input"
FIRST_LOOK_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 300.0
LAST_LOOK = 12  # some 35 minutes after the first; sweeps and webhooks see to what is left


class Retiring:
    def __init__(self, *, shows: Shows, video: LiveVideo, vault: Vault, jobs: JobQueue) -> None:
        self._shows = shows
        self._video = video
        self._vault = vault
        self._jobs = jobs

    async def retire_live_input(self, stream_id: str, look: str = "1") -> None:
        """Disables the input, waits for the recordings, then lets go of it. Repeatable.

        An input that was broadcast to is kept, disabled: its recordings are found through it, and
        one may turn up late (facts: deleting the input first orphans the last recording). One
        that never was is deleted.
        """
        seen = await self._shows.load(stream_id)
        state = seen.state
        if state.input_uid is None or state.input_retired or state.status not in OVER:
            return
        if int(look) in {1, LAST_LOOK}:
            await self._disable(state.input_uid)
        if await self._recordings_are_settled(stream_id, seen, state.input_uid, int(look)):
            await self._let_go(stream_id, state.input_uid)
        elif int(look) < LAST_LOOK:
            pause = min(LONGEST_PAUSE_SECONDS, FIRST_LOOK_SECONDS * 2 ** (int(look) - 1))
            again = (stream_id, str(int(look) + 1))
            await self._jobs.enqueue(_JOB, *again, delay_seconds=pause)

    async def _disable(self, input_uid: str) -> None:
        """Ends what is still being broadcast; the video becomes a recording only then."""
        try:
            await self._video.set_input_enabled(input_uid, enabled=False)
        except ProviderNotFound:
            return

    async def _recordings_are_settled(
        self, stream_id: str, seen: Loaded[LiveStream], input_uid: str, look: int
    ) -> bool:
        if seen.state.status == "cancelled":
            return True
        videos = await videos_of(self._video, input_uid)
        told = RecordRecordings(stream_id=stream_id, recordings=reports(videos))
        await self._shows.report(seen, told, job=_JOB)
        if videos or not _is_recorded(seen.state):
            return settled(videos)
        return look >= LAST_LOOK  # the list of videos lags; after the last look there are none

    async def _let_go(self, stream_id: str, input_uid: str) -> None:
        seen = await self._shows.load(stream_id)
        if seen.state.feed is None and not seen.state.recordings:
            await self._video.delete_input(input_uid)
        await self._vault.delete(credentials_ref(stream_id))
        for output_id in seen.state.outputs:
            await self._vault.delete(output_ref(output_id))
        await self._shows.report(seen, RetireLiveInput(stream_id=stream_id), job=_JOB)


def _is_recorded(state: LiveStream) -> bool:
    """WHIP broadcasts are not recorded, nor are feeds that never came."""
    return state.mode == "rtmps" and state.feed is not None
