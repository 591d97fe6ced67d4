"""Takes the video provider's webhooks out of the inbox."""

from application.ports import BroadcastIndex
from application.streaming.ports import Inbox, ProviderNotice, ReadNotice
from application.streaming.reconciling import Reconciling
from application.streaming.shows import Shows
from domain.streaming.commands import ReportIngestError


class Webhooks:
    def __init__(
        self,
        *,
        inbox: Inbox,
        read_notice: ReadNotice,
        index: BroadcastIndex,
        shows: Shows,
        reconciling: Reconciling,
    ) -> None:
        self._inbox = inbox
        self._read_notice = read_notice
        self._index = index
        self._shows = shows
        self._reconciling = reconciling

    async def take_webhook(self, webhook_id: str) -> None:
        """Repeatable. What fails stays in the inbox, for the next try or sweep to take."""
        stored = await self._inbox.get(webhook_id)
        if stored is None or stored.status == "done":
            return
        try:
            problem = await self._follow(stored.source, stored.body)
        except Exception as error:
            await self._inbox.mark_failed(webhook_id, f"{type(error).__name__}: {error}")
            raise
        if problem is None:
            await self._inbox.mark_done(webhook_id)
        else:
            await self._inbox.mark_failed(webhook_id, problem)

    async def _follow(self, source: str, body: bytes) -> str | None:
        """What is the matter with the webhook, if it can be said without a further try."""
        try:
            notice = self._read_notice(source, body)
        except ValueError as error:
            return f"unreadable: {error}"
        if notice is None:
            return None
        stream_id = await self._index.stream_of_input(notice.input_uid)
        if stream_id is None:
            # The index may be behind; a sweep tries again. Or the input is another system's.
            return "no show has this live input"
        if notice.kind == "error":
            await self._tell_error(stream_id, notice)
        await self._reconciling.reconcile_live_input(notice.input_uid)
        return None

    async def _tell_error(self, stream_id: str, notice: ProviderNotice) -> None:
        """The reason is told in the notification alone: asking the provider does not give it."""
        if notice.at is None:
            return
        error = ReportIngestError(
            stream_id=stream_id,
            provider_code=notice.error_code,
            video_codec=notice.video_codec,
            audio_codec=notice.audio_codec,
            at=notice.at,
        )
        seen = await self._shows.load(stream_id)
        await self._shows.report(seen, error, job="streaming.take_webhook")
