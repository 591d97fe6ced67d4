"""The library's subscription, woken when the log grows."""

from collections.abc import Sequence

from eventsourcing.persistence import ApplicationRecorder, ListenNotifySubscription, ShutDown

from infrastructure.eventsourcing_module.datastore import Datastore

_SCANNED_AT_ONCE = 10_000


class LogSubscription(ListenNotifySubscription[ApplicationRecorder]):
    """Delivers every event of the wanted topics once, in order of position.

    Positions have no gaps, so what was read up to the head need not be read again: unlike the
    base class, the cursor moves past events of other topics, and a rare topic stays cheap.
    """

    def __init__(
        self,
        recorder: ApplicationRecorder,
        gt: int | None,
        topics: Sequence[str],
        *,
        datastore: Datastore,
    ) -> None:
        self._datastore = datastore
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        try:
            datastore.listen(self._has_been_notified)
        except BaseException:
            self.stop()
            raise
        if self._has_been_stopped:
            self.stop()

    def stop(self) -> None:
        super().stop()
        self._datastore.backend.unlisten(self._has_been_notified)

    def _pull(self) -> None:
        self._has_been_notified.clear()
        head = self._recorder.max_notification_id() or 0
        while not self._has_been_stopped and (start := self._last_notification_id or 0) < head:
            self._last_notification_id = self._pull_page(start, head)

    def _pull_page(self, start: int, head: int) -> int:
        """Hands over one page beyond `start`; the position up to which nothing is left."""
        stop = min(head, start + (_SCANNED_AT_ONCE if self._topics else self._select_limit))
        notifications = self._recorder.select_notifications(
            start=start,
            limit=self._select_limit,
            stop=stop,
            topics=self._topics,
            inclusive_of_start=False,
        )
        if notifications:
            try:
                self._notifications_queue.put(notifications)
            except ShutDown:
                return start
        if len(notifications) == self._select_limit:
            return notifications[-1].id
        return stop
