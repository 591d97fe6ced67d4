"""Simulcast targets at the simulated provider; their keys stay in the vault."""

import pytest

from application.ports import CommandIdReused, ProviderUnavailable
from application.streaming.outputs import output_ref
from domain.streaming import errors
from domain.streaming.commands import AddOutput, EndLiveStream, RemoveOutput
from domain.streaming.events import OutputAttached, OutputFailed, OutputRemoved
from domain.text import TextEmptyError
from tests.support.builders import HOST, SHOW, STRANGER, schedule
from tests.support.stage import Stage

KEY = "planted-stream-key-0123"
URL = "rtmp://live.example.com/app?token=planted-token"


async def add(play: Stage, *, by: str = HOST, url: str = URL, stream_key: str = KEY) -> None:
    command = AddOutput(stream_id=SHOW, by=by, output_id="o1", url=url)
    await play.services.outputs.add_output(play.dispatch(command), command, stream_key=stream_key)


async def remove(play: Stage) -> None:
    await play.ask(RemoveOutput(stream_id=SHOW, by=HOST, output_id="o1"))


async def test_add_output_attaches_it_at_the_provider(play: Stage) -> None:
    await play.ready()
    await add(play)
    await play.settle()
    assert (await play.show()).outputs["o1"].status == "attached"
    assert len(await play.studio.outputs(await play.input_uid())) == 1


async def test_add_output_waits_for_the_live_input(play: Stage) -> None:
    await play.ask(schedule())
    await add(play)
    await play.run("streaming.attach_output", SHOW)
    assert await play.told(OutputAttached) == []
    await play.settle()
    assert len(await play.told(OutputAttached)) == 1


async def test_attach_output_comes_to_nothing_when_repeated(play: Stage) -> None:
    await play.ready()
    await add(play)
    await play.settle()
    await play.run("streaming.attach_output", SHOW)
    assert len(await play.told(OutputAttached)) == 1
    assert len(await play.studio.outputs(await play.input_uid())) == 1


async def test_attach_output_is_tried_again_when_the_provider_is_down(play: Stage) -> None:
    await play.ready()
    await add(play)
    await play.studio.fail("POST", "/outputs", status=503)
    with pytest.raises(ProviderUnavailable):
        await play.run("streaming.attach_output", SHOW)
    assert (await play.show()).outputs["o1"].status == "pending"


async def test_attach_output_tells_the_host_when_the_provider_refuses_it(play: Stage) -> None:
    await play.ready()
    await play.studio.fail("POST", "/outputs", status=400)
    await add(play)
    await play.settle()
    refused = OutputFailed(output_id="o1", problem="output_refused")
    assert await play.told(OutputFailed) == [refused]


async def test_attach_output_tells_the_host_when_its_key_is_missing(play: Stage) -> None:
    await play.ready()
    await add(play)
    await play.vault.delete(output_ref("o1"))
    await play.settle()
    missing = OutputFailed(output_id="o1", problem="output_key_missing")
    assert await play.told(OutputFailed) == [missing]


async def test_remove_output_detaches_it_and_forgets_its_key(play: Stage) -> None:
    await play.ready()
    await add(play)
    await play.settle()
    await remove(play)
    await play.settle()
    assert await play.studio.outputs(await play.input_uid()) == []
    assert await play.vault.get(output_ref("o1")) is None
    await play.run("streaming.detach_output", SHOW, "o1", "0" * 32)


async def test_remove_output_that_overtakes_its_attaching_leaves_none_behind(play: Stage) -> None:
    await play.ready()
    await add(play)
    await play.react()
    await remove(play)
    await play.settle()
    assert (await play.show()).outputs == {}
    assert await play.studio.outputs(await play.input_uid()) == []
    assert len(await play.told(OutputRemoved)) == 1


@pytest.mark.parametrize(
    ("url", "stream_key", "error"),
    [
        ("http://live.example.com", KEY, errors.InvalidOutputUrlError),
        (f"rtmp://live.example.com/app/{KEY}", KEY, errors.InvalidOutputUrlError),
        (URL, "", TextEmptyError),
    ],
)
async def test_add_output_refused_when_the_target_is_bad(
    play: Stage, url: str, stream_key: str, error: type[Exception]
) -> None:
    await play.ask(schedule())
    with pytest.raises(error):
        await add(play, url=url, stream_key=stream_key)
    assert await play.vault.get(output_ref("o1")) is None


async def test_add_output_keeps_no_key_when_refused(play: Stage) -> None:
    await play.ask(schedule())
    with pytest.raises(errors.NotTheHostError):
        await add(play, by=STRANGER)
    assert await play.vault.get(output_ref("o1")) is None


async def test_add_output_keeps_no_key_when_the_command_id_is_taken(play: Stage) -> None:
    await play.ask(schedule())
    first = AddOutput(stream_id=SHOW, by=HOST, output_id="o1", url=URL)
    await play.services.outputs.add_output(play.dispatch(first, "c1"), first, stream_key=KEY)
    second = AddOutput(stream_id=SHOW, by=HOST, output_id="o2", url=URL)
    with pytest.raises(CommandIdReused):
        await play.services.outputs.add_output(play.dispatch(second, "c1"), second, stream_key=KEY)
    assert await play.vault.get(output_ref("o2")) is None
    assert await play.vault.get(output_ref("o1")) is not None


async def test_no_secret_of_an_output_enters_the_log(play: Stage) -> None:
    await play.ready()
    await add(play)
    await play.settle()
    assert "planted" not in repr(await play.store.log.read(0, limit=100))
    [given] = await play.studio.outputs(await play.input_uid())
    assert (given["url"], given["streamKey"]) == (URL, KEY)
    secret = await play.vault.get(output_ref("o1"))
    assert secret is not None
    assert KEY.encode() in secret


async def test_outputs_lose_their_keys_when_the_live_input_is_retired(play: Stage) -> None:
    await play.live()
    await add(play)
    await play.settle()
    await play.ask(EndLiveStream(stream_id=SHOW, by=HOST))
    await play.studio.finish_recordings()
    await play.later(6)
    await play.studio.finish_recordings()
    await play.later(11)
    assert (await play.show()).input_retired
    assert await play.vault.get(output_ref("o1")) is None
