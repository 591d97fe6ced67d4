"""The chat beside a replay, over HTTP. All is said now: recordings are placed around it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.streaming.commands import RecordLiveInput, RecordRecordings
from domain.streaming.values import RecordingReport
from infrastructure.ids import new_id
from tests.interfaces.http.room.conftest import Hall
from tests.support.http import problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


def recording(
    name: str, begins: datetime, seconds: float | None = None, status: Any = "ready"
) -> RecordingReport:
    return RecordingReport(
        recording_id=name, status=status, created_at=begins, duration_seconds=seconds
    )


async def recorded(hall: Hall, *recordings: RecordingReport) -> None:
    made = RecordLiveInput(
        stream_id=hall.stream_id, input_uid=new_id(), customer_host="play.example"
    )
    await hall.api.reported(made)
    report = RecordRecordings(stream_id=hall.stream_id, recordings=recordings)
    hall.position = await hall.api.reported(report)
    await hall.see("")  # the show's own view has them now


async def played(hall: Hall, query: str) -> list[tuple[str, float, str]]:
    items = (await hall.see(f"/messages?{query}"))["items"]
    return [(one["text"], one["at_seconds"], one["recording"]) for one in items]


async def said_in_two_recordings(hall: Hall) -> datetime:
    """Something between them and something in the second, which began then."""
    await hall.say("in the gap")
    between = datetime.now(UTC)
    await hall.say("in the second")
    first = recording("first", between - timedelta(seconds=60), 20.0)
    await recorded(hall, first, recording("second", between, 3600.0))
    return between


async def test_messages_stand_at_their_second_of_all_recordings(hall: Hall) -> None:
    await said_in_two_recordings(hall)
    gap, second = await played(hall, "at_seconds=0")
    assert gap == ("in the gap", 20.0, "first")
    assert (second[0], second[2]) == ("in the second", "second")
    assert 20.0 <= second[1] < 50.0
    assert await played(hall, "at_seconds=20") == [gap, second]
    assert await played(hall, f"at_seconds={second[1]}") == [second]
    assert await played(hall, "at_seconds=3000") == []
    assert await played(hall, "at_seconds=3620.5") == []


async def test_messages_stand_at_their_second_of_one_recording(hall: Hall) -> None:
    await said_in_two_recordings(hall)
    assert await played(hall, "recording=first") == [("in the gap", 20.0, "first")]
    assert await played(hall, "recording=first&at_seconds=20.001") == []
    ((text, second, _),) = await played(hall, "recording=second")
    assert text == "in the second"
    assert 0 <= second < 30.0


async def test_replay_is_paged_and_ends_with_its_recording(hall: Hall) -> None:
    for text in ("a", "b", "c"):
        await hall.say(text)
    now = datetime.now(UTC)
    await hall.say("of the next")
    past = recording("past", now - timedelta(seconds=60), 60.0)
    await recorded(hall, past, recording("next", now, None, "recording"))
    page = await hall.see("/messages?recording=past&at_seconds=1&limit=2")
    assert [one["text"] for one in page["items"]] == ["a", "b"]
    more = f"recording=past&at_seconds=1&limit=2&cursor={page['next_cursor']}"
    assert [text for text, _, _ in await played(hall, more)] == ["c"]
    ((text, _, _),) = await played(hall, "recording=next")
    assert text == "of the next"


async def test_removed_message_keeps_its_second(hall: Hall) -> None:
    message = await hall.say("gone")
    await hall.do("DELETE", f"/messages/{message}", hall.host)
    await recorded(hall, recording("only", datetime.now(UTC), 60.0))
    ((gone),) = (await hall.see("/messages?at_seconds=0"))["items"]
    assert (gone["removed"], gone["at_seconds"], gone["recording"]) == (True, 0.0, "only")
    assert "text" not in gone


@pytest.mark.parametrize("query", ["at_seconds=0", "recording=another", "recording=failed"])
async def test_what_was_not_recorded_is_not_replayed(hall: Hall, query: str) -> None:
    await hall.say("unheard")
    if query != "at_seconds=0":
        good = recording("good", datetime.now(UTC), 60.0)
        await recorded(hall, good, recording("failed", datetime.now(UTC), None, "failed"))
    refused = await hall.ask("GET", f"/messages?{query}", hall.host)
    assert (refused.status_code, problem(refused)["code"]) == (404, "recording_not_found")
