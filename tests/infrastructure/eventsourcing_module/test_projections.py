"""The library's own cases for projections, with a view of ours that has a table of its own."""

from collections.abc import Sequence

from eventsourcing.persistence import Tracking
from eventsourcing.tests import projection as library
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, update

from infrastructure.eventsourcing_module.tracking import LogTrackingRecorder
from tests.support.library import OnDatabase, on_each_database


class CountersView(LogTrackingRecorder, library.EventCountersView):
    """A row for each kind of event."""

    def define_tables(self, metadata: MetaData, prefix: str) -> Sequence[Table]:
        self.counters = Table(
            f"{prefix}counters",
            metadata,
            Column("kind", String(20), primary_key=True),
            Column("count", Integer, nullable=False),
        )
        return [self.counters]

    def create_tables(self) -> None:
        super().create_tables()
        for kind in ("created", "subsequent"):
            if not self.read(select(self.counters).where(self.counters.c.kind == kind)):
                self.datastore.write([insert(self.counters).values(kind=kind, count=0)])

    def get_created_event_counter(self) -> int:
        return self._count("created")

    def get_subsequent_event_counter(self) -> int:
        return self._count("subsequent")

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._increment("created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._increment("subsequent", tracking)

    def _count(self, kind: str) -> int:
        count: int = self.read(select(self.counters.c.count).where(self.counters.c.kind == kind))[
            0
        ][0]
        return count

    def _increment(self, kind: str, tracking: Tracking) -> None:
        counters = self.counters
        more = update(counters).where(counters.c.kind == kind).values(count=counters.c.count + 1)
        self.write(tracking, more)


@on_each_database
class TestEventCountersView(OnDatabase, library.EventCountersViewTestCase):
    def construct_event_counters_view(self) -> library.EventCountersView:
        view = self.factory_of("eventcounters").tracking_recorder(CountersView)
        assert isinstance(view, CountersView)
        return view


@on_each_database
class TestEventCountersProjection(OnDatabase, library.AggregateEventCountersProjectionTestCase):
    view_class = CountersView


@on_each_database
class TestEventSourcedProjection(OnDatabase, library.EventSourcedProjectionTestCase):
    pass
