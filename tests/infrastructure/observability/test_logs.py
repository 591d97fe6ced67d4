"""Logs are lines a machine can read, carry their context, and show no secret."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from infrastructure.observability.logs import configure_logging
from infrastructure.observability.masking import hide, hide_secrets_of, mask_text
from infrastructure.observability.traces import span
from infrastructure.settings import load_settings

REFRESH_TOKEN = f"01900000-0000-7000-8000-00000000000a.{'p' * 43}.{'q' * 43}"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Lines(io.StringIO):
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged as JSON; the process's logging is put back afterwards."""
    stream = Lines()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure_logging(level="info", style="json", stream=stream)
    yield stream
    root.handlers[:], level = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_log_line_says_what_when_and_where(lines: Lines) -> None:
    structlog.get_logger("live.test").info("stream_started", stream="s1", viewers=3)
    [line] = lines.all()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "stream_started",
        "level": "info",
        "logger": "live.test",
        "stream": "s1",
        "viewers": 3,
    }


def test_log_line_carries_its_trace(lines: Lines) -> None:
    with span("request", TRACEPARENT):
        logging.getLogger("a.library").warning("odd %s", "thing")
    [line] = lines.all()
    assert (line["event"], line["trace"]) == ("odd thing", TRACEPARENT)


def test_level_leaves_out_what_is_below(lines: Lines) -> None:
    structlog.get_logger("live.test").debug("detail")
    logging.getLogger("httpx").info("GET https://example.test/?token=abcdef")
    assert lines.all() == []


def test_second_set_up_replaces_the_first(lines: Lines) -> None:
    other = Lines()
    configure_logging(level="info", style="json", stream=other)
    structlog.get_logger("live.test").info("once")
    assert (len(lines.all()), len(other.all())) == (0, 1)


def test_secret_fields_are_masked_at_any_depth(lines: Lines) -> None:
    structlog.get_logger("live.test").info(
        "called",
        headers={"Authorization": "planted"},
        stream_key="planted",
        items=[{"pem": "planted", "code_verifier": "planted", "nonce": "planted"}],
    )
    assert "planted" not in lines.getvalue()


def test_known_secret_is_masked_in_a_traceback(lines: Lines) -> None:
    hide("planted-secret-é")
    try:
        int("planted-secret-é")
    except ValueError:
        structlog.get_logger("live.test").exception("failed")
    [line] = lines.all()
    assert "planted" not in lines.getvalue()
    assert "ValueError: invalid literal for int() with base 10: '***'" in line["exception"]


def test_secrets_of_settings_are_hidden() -> None:
    environ = {
        "LIVE_CLOUDFLARE_API_TOKEN": "planted-token-1",
        "LIVE_DATABASE_URL": "mysql+asyncmy://live:planted-word-2@db/live",
    }
    hide_secrets_of(load_settings(environ))
    assert mask_text("planted-token-1 and planted-word-2") == "*** and ***"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer ***"),
        ("redis://user:planted@host/0", "redis://user:***@host/0"),
        ("wss://h/room?token=planted&after=3", "wss://h/room?token=***&after=3"),
        (
            "/callback?code=planted&state=planted&lang=th",
            "/callback?code=***&state=***&lang=th",
        ),
        (
            "https://g.test/x?client_secret=planted&fb_exchange_token=planted",
            "https://g.test/x?client_secret=***&fb_exchange_token=***",
        ),
        (f"got {REFRESH_TOKEN}!", "got 01900000-0000-7000-8000-00000000000a.***!"),
        ("to rtmps://live.test:443/live/planted", "to rtmps://live.test:443/live/***"),
        ("https://c.test/planted/webRTC/publish", "https://c.test/***/webRTC/publish"),
        ("https://c.test/eyJh.eyJz.c2ln/manifest.m3u8", "https://c.test/eyJ***/manifest.m3u8"),
        ('{"url": "http://h/?key=planted\\" x"}', '{"url": "http://h/?key=***\\" x"}'),
        ("position 12, stream live_stream-1", "position 12, stream live_stream-1"),
    ],
)
def test_secret_shows_by_its_surroundings(text: str, masked: str) -> None:
    assert mask_text(text) == masked


def test_console_style_is_plain_text(lines: Lines) -> None:
    stream = io.StringIO()
    configure_logging(level="info", style="console", stream=stream)
    structlog.get_logger("live.test").info("stream_started", stream="s1")
    assert "stream_started" in stream.getvalue()
    assert "stream=s1" in stream.getvalue()
    assert lines.all() == []
