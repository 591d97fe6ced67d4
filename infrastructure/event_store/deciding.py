"""Decides the commands of one batch, one after the other, on states that evolve in memory.

Pure but for encoding: nothing is written here. A refused command, or one whose handler fails,
leaves no trace in the states its neighbours are decided on.
"""

import time
from asyncio import Future
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from application.handling import Handler
from application.ports import CommandIdReused, Dispatch, Loaded, Outcome, StaleVersion
from domain.shared import Decider, DomainError
from infrastructure.event_store.appending import CommandRecord, Draft, Head
from infrastructure.event_store.codec import EventCodec
from infrastructure.event_store.keyring import KeysMissing
from infrastructure.ids import new_id
from infrastructure.observability.metrics import COMMANDS

_encode = msgspec.json.Encoder().encode


class Waiting:
    """A command in the queue, and the caller who waits for its outcome."""

    __slots__ = (
        "deciders",
        "dispatch",
        "fingerprint",
        "handler",
        "outcome",
        "streams",
        "submitted",
        "submitted_us",
        "tried",
        "under_lock",
    )

    def __init__(
        self,
        dispatch: Dispatch,
        handler: Handler,
        fingerprint: bytes,
        outcome: "Future[Outcome]",
    ) -> None:
        self.dispatch = dispatch
        self.handler = handler
        self.fingerprint = fingerprint
        self.outcome = outcome
        self.submitted = time.monotonic()
        self.submitted_us = time.time_ns() // 1000
        self.under_lock = (
            False  # to be decided there only, knowing what its id may have done before
        )
        self.tried = False  # its fate was unknown once: to find it in the log is no repetition
        self.streams = handler.streams(dispatch.command)
        self.deciders = handler.deciders_of(self.streams)


class Deciding:
    """One batch being decided: events drafted so far, states after them, answers to give.

    `states` and `known` look up what stood before; `ahead` are batches under way that this one
    follows on, the latest first.
    """

    def __init__(
        self,
        head: Head,
        states: Callable[[str], Loaded[Any] | None],
        known: Callable[[str], CommandRecord | None],
        codec: EventCodec,
        ahead: "Sequence[Deciding]" = (),
    ) -> None:
        self._position = head.position
        self._before = states
        self._known = known
        self._codec = codec
        self._ahead = ahead
        self.recorded_us = max(time.time_ns() // 1000, head.recorded_us)
        self.drafts: list[Draft] = []
        self.drafted_bytes = 0
        self.states: dict[str, Loaded[Any]] = {}
        self.deciders: dict[str, Decider[Any]] = {}
        self.commands: dict[str, CommandRecord] = {}
        self.answers: list[tuple[Waiting, Outcome | BaseException]] = []
        self.lacking_keys: list[tuple[Waiting, KeysMissing]] = []

    def decide(self, waiting: Waiting) -> None:
        """Decides one command; its answer counts only once the batch is committed."""
        try:
            self.answers.append((waiting, self._outcome(waiting)))
        except KeysMissing as missing:
            self.lacking_keys.append((waiting, missing))
        except (DomainError, StaleVersion, CommandIdReused) as refusal:
            self.answers.append((waiting, refusal))
        except Exception as failure:  # noqa: BLE001  # a handler's bug is its own caller's alone
            self.answers.append((waiting, failure))

    def hold_refusals(self) -> bool:
        """Keeps refusals from being told: an id that was accepted once must not be refused now,
        and whether it was is only known under the lock. Whether there were any."""
        refused = [one for one, answer in self.answers if not isinstance(answer, Outcome)]
        for one in refused:
            one.under_lock = True
        if refused:
            self.answers = [each for each in self.answers if not each[0].under_lock]
        return bool(refused)

    def follow(self, head: Head) -> None:
        """Has the batch follow on `head` instead of the head it was decided on. Right as long as
        nothing of what was decided on has changed between the two."""
        moved = head.position - self._position
        self.recorded_us = max(self.recorded_us, head.recorded_us)
        if moved:
            self._position = head.position
            for command_id, record in self.commands.items():
                self.commands[command_id] = replace(record, position=record.position + moved)
            self.answers = [
                (waiting, replace(answer, position=answer.position + moved))
                if isinstance(answer, Outcome) and waiting.dispatch.command_id in self.commands
                else (waiting, answer)
                for waiting, answer in self.answers
            ]

    def answer(self) -> None:
        """Tells the callers, now that the batch stands in the log."""
        counts = Counter(_told(waiting, answer) for waiting, answer in self.answers)
        for outcome, count in counts.items():
            COMMANDS.labels(outcome).inc(count)

    def _outcome(self, waiting: Waiting) -> Outcome:
        dispatch = waiting.dispatch
        record = self._record(dispatch.command_id)
        if record is not None:
            return _repeated(record, waiting)
        loaded = [self._state(waiting, index) for index in range(len(waiting.streams))]
        expected = dispatch.expected_version
        if expected is not None and expected != loaded[0].version:
            raise StaleVersion(expected=expected, actual=loaded[0].version)
        return self._accepted(waiting, loaded)

    def _accepted(self, waiting: Waiting, loaded: list[Loaded[Any]]) -> Outcome:
        handler, dispatch = waiting.handler, waiting.dispatch
        decision = handler.decide(tuple(one.state for one in loaded), dispatch.command)
        drafts: list[Draft] = []
        for index, events in enumerate(decision):
            stream, decider = waiting.streams[index], waiting.deciders[index]
            state, version = loaded[index].state, loaded[index].version
            for event in events:
                version += 1
                payload = self._codec.encode(event)
                drafts.append(_draft(stream, version, event, payload, dispatch))
                state = decider.evolve(state, event)
            loaded[index] = Loaded(state, version)
        answer = handler.answer(dispatch.command, tuple(one.state for one in loaded))
        return self._stage(waiting, loaded, drafts, _encode(answer))

    def _stage(
        self, waiting: Waiting, loaded: list[Loaded[Any]], drafts: list[Draft], answer: bytes
    ) -> Outcome:
        """Keeps what an accepted command did. Nothing above this line touched the batch."""
        self.drafts += drafts
        self.drafted_bytes += sum(len(draft.payload) for draft in drafts)
        self.states.update(zip(waiting.streams, loaded, strict=True))
        self.deciders.update(zip(waiting.streams, waiting.deciders, strict=True))
        command_id = waiting.dispatch.command_id
        record = CommandRecord(
            command_id,
            waiting.fingerprint,
            self._position + len(self.drafts),
            loaded[0].version,
            answer,
            self.recorded_us,
        )
        self.commands[command_id] = record
        return Outcome(position=record.position, version=record.version, answer=answer)

    def _record(self, command_id: str) -> CommandRecord | None:
        for batch in (self, *self._ahead):
            if (record := batch.commands.get(command_id)) is not None:
                return record
        return self._known(command_id)

    def _state(self, waiting: Waiting, index: int) -> Loaded[Any]:
        stream = waiting.streams[index]
        for batch in (self, *self._ahead):
            if (loaded := batch.states.get(stream)) is not None:
                return loaded
        return self._before(stream) or Loaded(waiting.deciders[index].initial, 0)


def _repeated(record: CommandRecord, waiting: Waiting) -> Outcome:
    if record.fingerprint != waiting.fingerprint:
        raise CommandIdReused(record.command_id)
    return Outcome(
        position=record.position,
        version=record.version,
        answer=record.answer,
        replayed=not waiting.tried or record.recorded_us < waiting.submitted_us,
    )


def _draft(stream: str, version: int, event: Any, payload: bytes, dispatch: Dispatch) -> Draft:
    return Draft(
        stream,
        version,
        event.tag,
        event.schema,
        payload,
        new_id(),
        dispatch.command_id,
        dispatch.correlation_id or dispatch.command_id,
        dispatch.causation_id,
        dispatch.actor,
        dispatch.trace_id,
    )


def refuse(waiting: Iterable[Waiting], failure: BaseException) -> None:
    """Answers each with the failure; nothing of them was recorded that its caller could rely on."""
    for one in waiting:
        _told(one, failure)


def _told(waiting: Waiting, answer: Outcome | BaseException) -> str:
    """Answers a caller, if it still waits; how its command counts in the metrics."""
    gone = waiting.outcome.done()  # then it went away, and the command counts all the same
    if isinstance(answer, Outcome):
        if not gone:
            waiting.outcome.set_result(answer)
        return "replayed" if answer.replayed else "accepted"
    if not gone:
        waiting.outcome.set_exception(answer)
    return "refused" if isinstance(answer, DomainError) else "failed"
