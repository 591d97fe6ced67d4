"""Puts the streaming services together from their ports, and names their jobs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from application.ports import (
    BroadcastIndex,
    CommandBus,
    DerivedId,
    EventLog,
    JobQueue,
    LiveVideo,
    ObjectStore,
    Vault,
)
from application.streaming.outputs import Outputs
from application.streaming.ports import Clock, Inbox, NewId, ReadNotice
from application.streaming.provisioning import Provisioning
from application.streaming.reconciling import Reconciling
from application.streaming.retiring import Retiring
from application.streaming.shows import Shows
from application.streaming.sweeping import Pace, Sweeping
from application.streaming.thumbnails import Thumbnails
from application.streaming.webhooks import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamingPorts:
    """Everything the streaming services need from the outside."""

    bus: CommandBus
    log: EventLog
    video: LiveVideo
    vault: Vault
    jobs: JobQueue
    index: BroadcastIndex
    objects: ObjectStore
    inbox: Inbox
    read_notice: ReadNotice
    clock: Clock
    new_id: NewId
    derived_id: DerivedId
    sweep_seconds: float
    grace_seconds: float


class StreamingServices:
    """The streaming context's use cases beyond single commands."""

    def __init__(self, ports: StreamingPorts) -> None:
        shows = Shows(bus=ports.bus, log=ports.log, clock=ports.clock, derived_id=ports.derived_id)
        self.provisioning = Provisioning(shows=shows, video=ports.video, vault=ports.vault)
        self.reconciling = Reconciling(
            shows=shows, video=ports.video, index=ports.index, jobs=ports.jobs, clock=ports.clock
        )
        self.webhooks = Webhooks(
            inbox=ports.inbox,
            read_notice=ports.read_notice,
            index=ports.index,
            shows=shows,
            reconciling=self.reconciling,
        )
        self.sweeping = Sweeping(
            video=ports.video,
            index=ports.index,
            inbox=ports.inbox,
            jobs=ports.jobs,
            pace=Pace(
                clock=ports.clock,
                sweep_seconds=ports.sweep_seconds,
                grace_seconds=ports.grace_seconds,
            ),
        )
        self.retiring = Retiring(shows=shows, video=ports.video, vault=ports.vault, jobs=ports.jobs)
        self.outputs = Outputs(shows=shows, bus=ports.bus, video=ports.video, vault=ports.vault)
        self.thumbnails = Thumbnails(
            bus=ports.bus,
            objects=ports.objects,
            clock=ports.clock,
            new_id=ports.new_id,
        )

    def jobs(self) -> Mapping[str, Callable[..., Awaitable[None]]]:
        """The methods that run as jobs, by the jobs' names. Their arguments are all text."""
        return {
            "streaming.provision_live_input": self.provisioning.provision_live_input,
            "streaming.rotate_ingest_keys": self.provisioning.rotate_ingest_keys,
            "streaming.reconcile_live_input": self.reconciling.reconcile_live_input,
            "streaming.end_after_grace": self.reconciling.end_after_grace,
            "streaming.take_webhook": self.webhooks.take_webhook,
            "streaming.sweep_live_inputs": self.sweeping.sweep_live_inputs,
            "streaming.retire_live_input": self.retiring.retire_live_input,
            "streaming.attach_output": self.outputs.attach_output,
            "streaming.detach_output": self.outputs.detach_output,
        }
