"""Live inputs and ingest keys, from the simulated provider."""

import msgspec
import pytest

from application.ports import ProviderRefused, ProviderUnavailable
from application.streaming.provisioning import credentials_ref
from domain.streaming import commands as ask
from domain.streaming import errors
from domain.streaming.events import (
    IngestKeysRotated,
    LiveInputProvisioned,
    LiveInputProvisioningFailed,
    LiveStreamFailed,
)
from tests.support.builders import HOST, SHOW, STRANGER, schedule
from tests.support.stage import Stage


async def test_provision_keeps_the_keys_in_the_vault_and_makes_the_show_ready(play: Stage) -> None:
    await play.ask(schedule())
    await play.settle()
    assert (await play.show()).status == "ready"
    keys = await play.services.provisioning.ingest_credentials(SHOW, by=HOST)
    assert keys.rtmps.stream_key
    assert keys.srt.passphrase
    assert keys.whip.url


async def test_provision_comes_to_nothing_when_repeated(play: Stage) -> None:
    await play.ask(schedule())
    await play.settle()
    await play.run("streaming.provision_live_input", SHOW)
    assert len(await play.told(LiveInputProvisioned)) == 1


async def test_provision_finds_its_input_again_when_the_answer_was_lost(play: Stage) -> None:
    await play.ask(schedule())
    await play.studio.lose_answer("POST", "/stream/live_inputs")
    await play.run("streaming.provision_live_input", SHOW)
    assert (await play.show()).status == "ready"
    assert (await play.studio.overview())["inputs"] == 1


async def test_provision_tells_the_host_and_is_tried_again_when_the_provider_is_down(
    play: Stage,
) -> None:
    await play.ask(schedule())
    await play.studio.fail("POST", "/stream/live_inputs", status=503)
    with pytest.raises(ProviderUnavailable):
        await play.run("streaming.provision_live_input", SHOW)
    assert await play.told(LiveInputProvisioningFailed) == [
        LiveInputProvisioningFailed(problem="provider_unavailable")
    ]
    await play.studio.clear_faults()
    await play.run("streaming.provision_live_input", SHOW)
    assert (await play.show()).status == "ready"


async def test_provision_is_tried_again_when_we_are_not_let_in(play: Stage) -> None:
    await play.ask(schedule())
    await play.studio.fail("POST", "/stream/live_inputs", status=403)
    with pytest.raises(ProviderRefused):
        await play.run("streaming.provision_live_input", SHOW)
    assert (await play.show()).status == "scheduled"
    assert (await play.show()).provisioning_problem == "provider_refused"


async def test_provision_fails_the_show_when_the_request_itself_is_refused(play: Stage) -> None:
    await play.ask(schedule())
    await play.studio.fail("POST", "/stream/live_inputs", status=400)
    await play.run("streaming.provision_live_input", SHOW)
    assert await play.told(LiveStreamFailed) == [LiveStreamFailed(problem="provider_refused")]


async def test_provision_makes_nothing_when_the_show_was_cancelled(play: Stage) -> None:
    await play.ask(schedule())
    await play.ask(ask.CancelLiveStream(stream_id=SHOW, by=HOST))
    await play.settle()
    assert (await play.studio.overview())["inputs"] == 0


async def test_rotate_replaces_the_keys_in_the_vault(play: Stage) -> None:
    await play.ask(schedule())
    await play.settle()
    before = await play.services.provisioning.ingest_credentials(SHOW, by=HOST)
    await play.ask(ask.RotateIngestKeys(stream_id=SHOW, by=HOST))
    await play.settle()
    after = await play.services.provisioning.ingest_credentials(SHOW, by=HOST)
    assert after.rtmps.stream_key != before.rtmps.stream_key
    assert await play.told(IngestKeysRotated) == [IngestKeysRotated(number=1)]
    await play.run("streaming.rotate_ingest_keys", SHOW, "1")
    assert await play.services.provisioning.ingest_credentials(SHOW, by=HOST) == after


async def test_rotate_leaves_no_keys_behind_when_the_show_is_over(play: Stage) -> None:
    await play.ready()
    await play.ask(ask.RotateIngestKeys(stream_id=SHOW, by=HOST))
    await play.ask(ask.CancelLiveStream(stream_id=SHOW, by=HOST))
    await play.run("streaming.rotate_ingest_keys", SHOW, "1")
    await play.settle()
    assert await play.told(IngestKeysRotated) == []
    assert await play.vault.get(credentials_ref(SHOW)) is None


async def test_ingest_keys_are_refused_to_a_stranger_but_not_to_an_admin(play: Stage) -> None:
    await play.ask(schedule())
    await play.settle()
    provisioning = play.services.provisioning
    with pytest.raises(errors.NotTheHostError):
        await provisioning.ingest_credentials(SHOW, by=STRANGER)
    assert await provisioning.ingest_credentials(SHOW, by=STRANGER, as_admin=True)


async def test_ingest_keys_are_refused_when_there_are_none(play: Stage) -> None:
    provisioning = play.services.provisioning
    with pytest.raises(errors.LiveStreamNotFoundError):
        await provisioning.ingest_credentials(SHOW, by=HOST)
    await play.ask(schedule())
    with pytest.raises(errors.LiveInputNotReadyError):
        await provisioning.ingest_credentials(SHOW, by=HOST)
    await play.settle()
    await play.ask(ask.CancelLiveStream(stream_id=SHOW, by=HOST))
    with pytest.raises(errors.AlreadyOverError):
        await provisioning.ingest_credentials(SHOW, by=HOST)


async def test_no_key_enters_the_log(play: Stage) -> None:
    await play.ask(schedule())
    await play.settle()
    await play.ask(ask.RotateIngestKeys(stream_id=SHOW, by=HOST))
    secrets = [await play.vault.get(credentials_ref(SHOW))]
    await play.settle()
    secrets.append(await play.vault.get(credentials_ref(SHOW)))
    log = repr(await play.store.log.read(0, limit=100))
    for secret in secrets:
        assert secret is not None
        kept = msgspec.json.decode(secret)
        for text in (kept["rtmps"]["stream_key"], kept["srt"]["passphrase"], kept["whip"]["url"]):
            assert text not in log
