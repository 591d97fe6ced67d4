"""The library's own cases for recorders, mapper and factory."""

from eventsourcing.persistence import AggregateRecorder, ApplicationRecorder, TrackingRecorder
from eventsourcing.tests import persistence as library
from eventsourcing.utils import Environment

from infrastructure.eventsourcing_module.factory import LogFactory
from infrastructure.eventsourcing_module.recorders import (
    LogAggregateRecorder,
    LogApplicationRecorder,
)
from infrastructure.eventsourcing_module.tracking import LogProcessRecorder, LogTrackingRecorder
from tests.support.library import OnDatabase, library_env, on_each_database


class CustomTracking(LogTrackingRecorder):
    pass


@on_each_database
class TestAggregateRecorder(OnDatabase, library.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return self.factory_of().aggregate_recorder()


@on_each_database
class TestSnapshotRecorder(OnDatabase, library.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return self.factory_of().aggregate_recorder("snapshots")


@on_each_database
class TestApplicationRecorder(OnDatabase, library.ApplicationRecorderTestCase[ApplicationRecorder]):
    def create_recorder(self) -> ApplicationRecorder:
        return self.factory_of().application_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


@on_each_database
class TestNonInterleaving(OnDatabase, library.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> ApplicationRecorder:
        return self.factory_of().application_recorder()


@on_each_database
class TestTrackingRecorder(OnDatabase, library.TrackingRecorderTestCase):
    def create_recorder(self) -> TrackingRecorder:
        return self.factory_of().tracking_recorder()


@on_each_database
class TestProcessRecorder(OnDatabase, library.ProcessRecorderTestCase):
    def create_recorder(self) -> LogProcessRecorder:
        recorder = self.factory_of().process_recorder()
        assert isinstance(recorder, LogProcessRecorder)
        return recorder


@on_each_database
class TestProcessRecorderAsApplicationRecorder(
    OnDatabase, library.ApplicationRecorderTestCase[LogProcessRecorder]
):
    def create_recorder(self) -> LogProcessRecorder:
        recorder = self.factory_of().process_recorder()
        assert isinstance(recorder, LogProcessRecorder)
        return recorder

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


@on_each_database
class TestProcessRecorderAsTrackingRecorder(OnDatabase, library.TrackingRecorderTestCase):
    def create_recorder(self) -> TrackingRecorder:
        return self.factory_of().process_recorder()


@on_each_database
class TestFactory(OnDatabase, library.InfrastructureFactoryTestCase[LogFactory]):
    def setUp(self) -> None:
        self.env = Environment("TestCase", library_env(self.url))
        super().setUp()

    def expected_factory_class(self) -> type[LogFactory]:
        return LogFactory

    def expected_aggregate_recorder_class(self) -> type[LogAggregateRecorder]:
        return LogAggregateRecorder

    def expected_application_recorder_class(self) -> type[LogApplicationRecorder]:
        return LogApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[LogTrackingRecorder]:
        return LogTrackingRecorder

    def tracking_recorder_subclass(self) -> type[LogTrackingRecorder]:
        return CustomTracking

    def expected_process_recorder_class(self) -> type[LogProcessRecorder]:
        return LogProcessRecorder
