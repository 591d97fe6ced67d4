"""What a process wants done after a run of events: jobs in order, the last word per deadline."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from application.processes.process import ClearDeadline, Enqueue, Process, Reaction, SetDeadline
from domain.shared import Recorded, UndecodableEvent, UnknownEvent
from infrastructure.faults import PlainFault
from infrastructure.jobs.job import Sending
from infrastructure.processes.deadlines import Change, Deadline
from infrastructure.processes.parked import ParkedStream, failed_again, parked


def context_of(event_type: str) -> str:
    return event_type.partition(".")[0]


class UnknownJob(Exception):
    """A process asked for a job that no worker has."""


class Unreadable(PlainFault):
    """This version of the code cannot tell what happened; a later one may.

    Passing the event by would lose what should follow from it.
    """


@dataclass(slots=True)
class Batch:
    """Collects one process's reactions. `held` streams are passed by: they are parked."""

    process: Process
    knows_job: Callable[[str], bool]
    held: set[str]
    sendings: list[Sending] = field(default_factory=list)
    changes: dict[str, Change] = field(default_factory=dict)
    parked: list[ParkedStream] = field(default_factory=list)
    freed: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come of it."""
        return not (self.sendings or self.changes or self.parked or self.freed)

    def follow(self, events: Iterable[Recorded]) -> None:
        """Reacts to each event; the stream of one that fails is held from there on."""
        for recorded in events:
            if recorded.stream in self.held:
                continue
            error = self._react(recorded)
            if error is not None:
                self.held.add(recorded.stream)
                self.parked.append(
                    parked(self.process.name, recorded.stream, recorded.version, error)
                )

    def retry(self, stream: ParkedStream, events: Sequence[Recorded], *, complete: bool) -> None:
        """Reacts to a parked stream's own events, as far as that goes.

        `complete`: there are no more of them up to the process's position.
        """
        for recorded in events:
            error = self._react(recorded)
            if error is not None:
                self.parked.append(failed_again(stream, recorded.version, error))
                return
        if complete:
            self.held.discard(stream.stream)
            self.freed.append(stream.stream)
        else:
            self.parked.append(_from_next(stream, events[-1].version + 1))

    def _react(self, recorded: Recorded) -> Exception | None:
        """All of an event's reactions count, or none."""
        try:
            reactions = self._reactions(recorded)
        except Exception as error:  # noqa: BLE001  # a process may fail in any way; it is parked
            return error
        for reaction in reactions:
            self._take(reaction, recorded)
        return None

    def _reactions(self, recorded: Recorded) -> Sequence[Reaction]:
        if isinstance(recorded.event, (UnknownEvent, UndecodableEvent)):
            if context_of(recorded.type) not in self.process.contexts:
                return ()  # another context's, or an analyst's own: nothing could follow from it
            raise Unreadable(recorded.type)
        reactions = tuple(self.process.react(recorded))
        for reaction in reactions:
            if not isinstance(reaction, ClearDeadline) and not self.knows_job(reaction.job):
                raise UnknownJob(reaction.job)
        return reactions

    def _take(self, reaction: Reaction, recorded: Recorded) -> None:
        match reaction:
            case Enqueue():
                self.sendings.append(
                    Sending(job=reaction.job, args=reaction.args, traceparent=recorded.trace_id)
                )
            case SetDeadline():
                deadline = Deadline.of(reaction, recorded.position, recorded.trace_id)
                self.changes[reaction.key] = deadline
            case ClearDeadline():
                self.changes[reaction.key] = reaction


def _from_next(stream: ParkedStream, version: int) -> ParkedStream:
    return ParkedStream(
        process=stream.process,
        stream=stream.stream,
        version=version,
        error=stream.error,
        tries=0,
        next_try_us=0,
        parked_us=stream.parked_us,
    )
