"""What follows when people leave."""

import pytest

from application.processes.erasure import Erasure
from application.processes.process import Enqueue
from domain.identity import events as fact
from domain.shared import Event, UnknownEvent
from tests.support.people import LINE, PERSON, opened, recorded, unlinked

PICTURE = fact.AvatarAttached(user_id=PERSON, key="media/1.png")


@pytest.mark.parametrize(
    ("event", "jobs"),
    [
        (fact.ErasureRequested(user_id=PERSON), [Enqueue("identity.erase_person", (PERSON,))]),
        (
            unlinked(),
            [
                Enqueue("identity.forget_login", (LINE,)),
                Enqueue("identity.tell_provider", (LINE, "line")),
            ],
        ),
        (PICTURE, [Enqueue("identity.remove_old_avatars", (PERSON,))]),
        (opened(), []),
        (UnknownEvent(), []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_facts_lead_to_jobs(event: Event, jobs: list[Enqueue]) -> None:
    assert list(Erasure().react(recorded(event))) == jobs


def test_no_job_carries_anything_personal() -> None:
    assert "Mei" not in repr([Erasure().react(recorded(each)) for each in (opened(), unlinked())])
