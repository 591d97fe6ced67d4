"""What those who ask are answered, by the real sequencer."""

import msgspec
import pytest

from application.handling import Handler
from application.streaming.handlers import HANDLERS
from domain.shared import Command
from domain.streaming import commands as ask
from domain.streaming import errors
from domain.streaming.deciding import DECISIONS
from tests.support.builders import HOST, NOON, SHOW, STRANGER, schedule
from tests.support.stage import Stage


def test_every_command_has_a_handler_on_its_own_show() -> None:
    assert set(HANDLERS) == set(DECISIONS)
    retire = ask.RetireLiveInput(stream_id=SHOW)
    handler: Handler = HANDLERS[type(retire)]
    assert handler.streams(retire) == (f"live_stream-{SHOW}",)


async def test_schedule_answers_the_new_show(play: Stage) -> None:
    outcome = await play.ask(schedule())
    assert msgspec.json.decode(outcome.answer) == {"id": SHOW, "status": "scheduled"}
    assert (outcome.position, outcome.version) == (1, 1)


async def test_schedule_answers_the_same_again_when_repeated(play: Stage) -> None:
    first = await play.ask(schedule(), command_id="c1")
    await play.settle()
    again = await play.ask(schedule(), command_id="c1")
    assert again.replayed
    assert again.answer == first.answer


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (ask.ReviseLiveStream(stream_id=SHOW, by=HOST, now=NOON, title="New"), "ready"),
        (ask.StartLiveStream(stream_id=SHOW, by=HOST), "starting"),
        (ask.CancelLiveStream(stream_id=SHOW, by=HOST), "cancelled"),
        (ask.RotateIngestKeys(stream_id=SHOW, by=HOST), "ready"),
        (ask.AttachThumbnail(stream_id=SHOW, by=HOST, key="k"), "ready"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_commands_answer_the_status_they_lead_to(
    play: Stage, command: Command, status: str
) -> None:
    await play.ask(schedule())
    await play.settle()
    outcome = await play.ask(command)
    assert msgspec.json.decode(outcome.answer) == {"id": SHOW, "status": status}


async def test_outputs_answer_for_themselves(play: Stage) -> None:
    await play.ask(schedule())
    url = "rtmp://live.example.com/app"
    added = await play.ask(ask.AddOutput(stream_id=SHOW, by=HOST, output_id="o1", url=url))
    removed = await play.ask(ask.RemoveOutput(stream_id=SHOW, by=HOST, output_id="o1"))
    assert msgspec.json.decode(added.answer) == {"id": "o1", "status": "pending"}
    assert msgspec.json.decode(removed.answer) == {"id": "o1", "status": "removed"}


async def test_a_refusal_records_nothing(play: Stage) -> None:
    await play.ask(schedule())
    with pytest.raises(errors.NotTheHostError):
        await play.ask(ask.CancelLiveStream(stream_id=SHOW, by=STRANGER))
    assert await play.store.log.head() == 1
