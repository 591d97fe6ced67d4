"""What follows when people leave."""

from datetime import timedelta

import pytest

from application.pictures import UPLOAD_TIME
from application.processes.erasure import Erasure
from application.processes.process import Enqueue, SetDeadline
from domain.identity import events as fact
from domain.shared import Event, UnknownEvent
from tests.support.builders import at
from tests.support.people import LINE, PERSON, opened, recorded, unlinked

PICTURE = fact.AvatarAttached(user_id=PERSON, key="media/1.png")


@pytest.mark.parametrize(
    ("event", "jobs"),
    [
        (fact.ErasureRequested(user_id=PERSON), [Enqueue("identity.erase_person", (PERSON,))]),
        (
            unlinked(),
            [
                Enqueue("identity.end_sessions", (PERSON, "line", at(1).isoformat())),
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


def test_an_erasure_is_followed_by_what_clears_up_after_it() -> None:
    erased = fact.PersonalDataErased(user_id=PERSON, subject_key_id=PERSON, method="key_destroyed")
    assert list(Erasure().react(recorded(erased, position=7))) == [
        SetDeadline(
            key=f"late-uploads-{PERSON}",
            due_at=at(7) + UPLOAD_TIME,
            job="identity.remove_avatars",
            args=(PERSON,),
        ),
        SetDeadline(key="scrub", due_at=at(7) + timedelta(seconds=15), job="identity.scrub"),
    ]


def test_no_job_carries_anything_personal() -> None:
    assert "Mei" not in repr([Erasure().react(recorded(each)) for each in (opened(), unlinked())])
