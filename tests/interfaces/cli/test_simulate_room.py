"""`live simulate room` against a whole small server."""

import asyncio
import re
import subprocess
from collections.abc import Iterator
from random import Random

import httpx
import pytest

from domain.shared import Language
from interfaces.cli.crowd import phrases
from interfaces.cli.crowd.figures import Figures
from interfaces.cli.crowd.guest import Guest, Server
from tests.support.eventually import eventually
from tests.support.serving import LiveServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer(tmp_path_factory.mktemp("simulated-room")) as running:
        yield running


def api(server: LiveServer) -> httpx.Client:
    token = server.live("token", "--role", "host").strip()
    return httpx.Client(
        base_url=f"{server.url}/api/v1", headers={"Authorization": f"Bearer {token}"}
    )


@pytest.mark.system
def test_a_crowd_comes_in_and_talks(server: LiveServer) -> None:
    with api(server) as host:
        show = host.post("/streams", json={"title": "Test Stream", "description": "Testing"})
        stream_id = show.json()["id"]

        shown = server.live(
            "simulate", "room", stream_id,
            "--viewers", "6", "--rate", "8", "--seconds", "7", "--server", server.url,
        )  # fmt: skip

        *lines, last = shown.splitlines()
        # One or two may have gone for a while by then.
        assert re.match(r"viewers [3-6] \(server says \d+\)  said \d", lines[1]), shown
        assert "ack p50" in lines[1]
        said = int(last.removesuffix(" messages said"))
        assert said > 0
        kept = server.live("events", "tail", "--after", "0", "--type", "chat.ChatMessageSent")
        assert len(kept.splitlines()) >= said, shown


@pytest.mark.system
async def test_a_guest_who_is_banned_goes_home_and_the_crowd_stays(server: LiveServer) -> None:
    with api(server) as host:
        show = host.post("/streams", json={"title": "Test Stream", "description": "Testing"})
        stream_id = show.json()["id"]
        there, figures = Server(server.url, stream_id), Figures()
        guest = Guest(there, figures, Random(1))  # noqa: S311  # the same every time
        await guest.sign_in()
        watching = asyncio.create_task(guest.watch())
        await eventually(lambda: guest.is_present)
        host.put(f"/streams/{stream_id}/room/bans/{guest.user_id}").raise_for_status()
        await asyncio.wait_for(watching, 10)
        assert figures.lost["4403"] == 1
        await there.api.aclose()


@pytest.mark.system
def test_a_show_that_does_not_exist_is_said_in_one_line(server: LiveServer) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        server.live("simulate", "room", "01990000-0000-7000-8000-000000000001")
    [line] = failed.value.stderr.splitlines()
    assert "4404" in line


def test_who_is_shown_how_much_is_told_by_how_long_they_were_there() -> None:
    now = 100.0
    figures = Figures(lambda: now)
    figures.come()
    figures.come()
    now += 5
    figures.leave()
    now += 5
    figures.leave()
    figures.shown = 30  # in 15 seconds of a viewer's
    assert "viewers 0 " in (line := figures.line())
    assert "shown 2.0/s each" in line


@pytest.mark.parametrize("language", phrases.LANGUAGES)
def test_claims_and_remarks_are_heard_in_every_language(language: Language) -> None:
    chance = Random(1)  # noqa: S311  # the same every time
    said = {phrases.remark(chance, language) for _ in range(200)}
    assert any(re.search(r"[0０A]\d", each) for each in said)
    assert len(said) > 20
