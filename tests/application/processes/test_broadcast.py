"""What follows from a show's facts."""

import pytest

from application.processes.broadcast import BroadcastLifecycle
from application.processes.process import ClearDeadline, Enqueue, Reaction, SetDeadline
from domain.shared import Event, UnknownEvent
from domain.streaming import events as fact
from tests.support.builders import (
    SHOW,
    at,
    connected,
    ended,
    interrupted,
    provisioned,
    recorded,
    resumed,
    scheduled,
)

GRACE = f"grace-{SHOW}"


def follows(event: Event) -> list[Reaction]:
    """When it is recorded seven seconds past noon."""
    return list(BroadcastLifecycle(grace_seconds=60).react(recorded(event, position=7)))


def streaming(job: str, *args: str) -> Enqueue:
    return Enqueue(f"streaming.{job}", (SHOW, *args))


@pytest.mark.parametrize(
    ("event", "reactions"),
    [
        (scheduled(), [streaming("provision_live_input")]),
        (provisioned(), [streaming("attach_output")]),
        (resumed(1, 25), [ClearDeadline(GRACE)]),
        (ended(), [ClearDeadline(GRACE), streaming("retire_live_input")]),
        (fact.LiveStreamCancelled(), [streaming("retire_live_input")]),
        (fact.IngestKeyRotationRequested(number=2), [streaming("rotate_ingest_keys", "2")]),
        (fact.OutputAdded(output_id="o", url="rtmp://h/a"), [streaming("attach_output")]),
        (
            fact.OutputRemoved(output_id="o", output_uid="uid"),
            [streaming("detach_output", "o", "uid")],
        ),
        (
            fact.OutputRemoved(output_id="o", output_uid=None),
            [streaming("detach_output", "o", "")],
        ),
        (connected(10), []),
        (fact.LiveStreamArchived(), []),
        (UnknownEvent(), []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_facts_lead_to_jobs(event: Event, reactions: list[Reaction]) -> None:
    assert follows(event) == reactions


def test_an_interruption_starts_the_grace_time_when_it_is_heard_of() -> None:
    assert follows(interrupted(3, -50)) == [
        SetDeadline(
            key=GRACE,
            due_at=at(7 + 60),
            job="streaming.end_after_grace",
            args=(SHOW, "3"),
        )
    ]
