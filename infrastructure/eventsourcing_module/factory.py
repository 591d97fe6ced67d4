"""The persistence module: set PERSISTENCE_MODULE=infrastructure.eventsourcing_module.factory.

Reads its settings from the application's environment, as strings; each may be given to one
application alone by the application's name in front (`SALES_LIVE_TABLE_PREFIX`).
"""

from typing import TypeVar

from cryptography.fernet import Fernet, MultiFernet
from eventsourcing.domain import TAggregateID
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    Mapper,
    ProcessRecorder,
    Transcoder,
)
from eventsourcing.utils import Environment, EnvType, resolve_topic, strtobool

from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import Keyring
from infrastructure.eventsourcing_module.datastore import Datastore, DatastoreConfig
from infrastructure.eventsourcing_module.facts import Facts, product_event_types
from infrastructure.eventsourcing_module.mapper import LogMapper
from infrastructure.eventsourcing_module.recorders import (
    LogAggregateRecorder,
    LogApplicationRecorder,
    StoredEventsRecorder,
)
from infrastructure.eventsourcing_module.schema import checked_prefix, prefix_of
from infrastructure.eventsourcing_module.tracking import LogProcessRecorder, LogTrackingRecorder
from infrastructure.settings import SettingError, load_settings
from infrastructure.vault import master_keys

R = TypeVar("R", LogApplicationRecorder, LogTrackingRecorder, LogProcessRecorder)

_SETTINGS = (
    "LIVE_DATABASE_URL", "LIVE_REDIS_URL", "LIVE_REDIS_PREFIX",
    "LIVE_MASTER_KEY", "LIVE_PREVIOUS_MASTER_KEYS",
)  # fmt: skip


class LogFactory(InfrastructureFactory[LogTrackingRecorder]):
    """Makes recorders that share one datastore. `close` it, or let all of them go.

    Raises `SettingError` for a setting that cannot be used.
    """

    TABLE_PREFIX = "LIVE_TABLE_PREFIX"
    ORIGINATOR_ID_TYPE = "ORIGINATOR_ID_TYPE"
    CREATE_TABLE = "CREATE_TABLE"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.datastore = Datastore(self._config())

    def close(self) -> None:
        self.datastore.close()

    def mapper(
        self,
        transcoder: Transcoder | None = None,
        mapper_class: type[Mapper[TAggregateID]] | None = None,
    ) -> Mapper[TAggregateID]:
        if mapper_class is None and not self.env.get(self.MAPPER_TOPIC):
            mapper_class = LogMapper
        mapper = super().mapper(transcoder, mapper_class)
        if isinstance(mapper, LogMapper):
            mapper.know(self._facts())
        return mapper

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        recorder: LogAggregateRecorder | StoredEventsRecorder
        if purpose == "events":
            recorder = LogAggregateRecorder(self.datastore)
        else:
            recorder = StoredEventsRecorder(self.datastore, purpose)
        self._create_tables(recorder)
        return recorder

    def application_recorder(self) -> ApplicationRecorder:
        return self._recorder(self.APPLICATION_RECORDER_TOPIC, LogApplicationRecorder)

    def tracking_recorder(
        self, tracking_recorder_class: type[LogTrackingRecorder] | None = None
    ) -> LogTrackingRecorder:
        return self._recorder(
            self.TRACKING_RECORDER_TOPIC, LogTrackingRecorder, tracking_recorder_class
        )

    def process_recorder(self) -> ProcessRecorder:
        return self._recorder(self.PROCESS_RECORDER_TOPIC, LogProcessRecorder)

    def _recorder(self, topic_key: str, default: type[R], given: type[R] | None = None) -> R:
        topic = self.env.get(topic_key)
        recorder_class = given or (resolve_topic(topic) if topic else default)
        if not issubclass(recorder_class, default):
            raise SettingError(topic_key, f"must name a subclass of {default.__name__}")
        recorder = recorder_class(self.datastore)
        self._create_tables(recorder)
        return recorder

    def _create_tables(
        self, recorder: LogAggregateRecorder | LogTrackingRecorder | StoredEventsRecorder
    ) -> None:
        if strtobool(self.env.get(self.CREATE_TABLE) or "yes"):
            recorder.create_tables()

    def _config(self) -> DatastoreConfig:
        given = {name: value for name in _SETTINGS if (value := self.env.get(name))}
        if "LIVE_DATABASE_URL" not in given:
            raise SettingError("LIVE_DATABASE_URL", "must be set")
        return DatastoreConfig(
            application_name=self.env.name,
            settings=load_settings(given),
            prefix=self._prefix(),
            uuid_ids=self._uuid_ids(),
        )

    def _prefix(self) -> str:
        given = self.env.get(self.TABLE_PREFIX)
        if given is None:
            return prefix_of(self.env.name)
        try:
            return checked_prefix(given)
        except ValueError as problem:
            raise SettingError(self.TABLE_PREFIX, f"must be {problem}") from None

    def _uuid_ids(self) -> bool:
        kind = (self.env.get(self.ORIGINATOR_ID_TYPE) or "uuid").lower()
        if kind not in {"uuid", "text"}:
            raise SettingError(self.ORIGINATOR_ID_TYPE, "must be uuid or text")
        return kind == "uuid"

    def _facts(self) -> Facts:
        datastore, settings = self.datastore, self.datastore.config.settings
        keys = master_keys(settings) if settings.master_key else (Fernet(Fernet.generate_key()),)
        keyring = Keyring(datastore.backend.engine, MultiFernet(keys))
        codec = EventCodec(product_event_types().values(), keyring)
        return Facts(codec, datastore.run, opens_personal=bool(settings.master_key))
