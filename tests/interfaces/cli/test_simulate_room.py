"""`live simulate room` against a whole small server."""

import re
import subprocess
from collections.abc import Iterator
from random import Random

import httpx
import pytest

from domain.shared import Language
from interfaces.cli.crowd import phrases
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
        assert re.match(r"viewers 6 \(server says \d+\)  said \d", lines[1]), shown
        assert "ack p50" in lines[1]
        said = int(last.removesuffix(" messages said"))
        assert said > 0
        kept = server.live("events", "tail", "--after", "0", "--type", "chat.ChatMessageSent")
        assert len(kept.splitlines()) >= said, shown


@pytest.mark.system
def test_a_show_that_does_not_exist_is_said_in_one_line(server: LiveServer) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        server.live("simulate", "room", "01990000-0000-7000-8000-000000000001")
    [line] = failed.value.stderr.splitlines()
    assert "4404" in line


@pytest.mark.parametrize("language", phrases.LANGUAGES)
def test_claims_and_remarks_are_heard_in_every_language(language: Language) -> None:
    chance = Random(1)  # noqa: S311  # the same every time
    said = {phrases.remark(chance, language) for _ in range(200)}
    assert any(re.search(r"[0０A]\d", each) for each in said)
    assert len(said) > 20
