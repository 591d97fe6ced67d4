"""Everything held on a person, and nothing that is personal of others."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from domain.chat.commands import OpenRoom, RemoveMessage, SendChatMessage
from domain.identity.commands import (
    ChangeRoles,
    GiveConsent,
    RequestErasure,
    ReviseProfile,
    WithdrawConsent,
)
from domain.identity.errors import AccountNotFoundError
from domain.streaming.commands import CancelLiveStream, RecordLiveInput
from tests.support.builders import CUSTOMER_HOST, INPUT, SHOW, schedule
from tests.support.lobby import Lobby, lobby


@pytest_asyncio.fixture
async def hall(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Lobby]:
    async with lobby(database_url, redis_url, tmp_path / "simulators") as built:
        yield built


async def a_full_life(hall: Lobby) -> str:
    """Of a host with two logins, one given up, consents, a show, and roles from an admin."""
    mei = (await hall.come_in("line", "U1", email="mei@line.example")).person.user_id
    await hall.come_in("google", "1", by=mei, email="mei@google.example")
    actor = f"user:{mei}"
    for command in (
        ChangeRoles(user_id=mei, roles=("viewer", "host"), by="admin"),
        ReviseProfile(user_id=mei, name="Auntie Mei"),
        GiveConsent(user_id=mei, document="terms", version="2026-11", language="zh-TW"),
        GiveConsent(user_id=mei, document="marketing", version="1", language="zh-TW"),
        WithdrawConsent(user_id=mei, document="marketing"),
        await hall.services.logins.unlinking(mei, "line"),
        schedule(by=mei, host_name="Auntie Mei", now=hall.clock()),
        RecordLiveInput(stream_id=SHOW, input_uid=INPUT, customer_host=CUSTOMER_HOST),
    ):
        await hall.ask(command, actor=actor)
    return mei


async def test_export_tells_who_they_are(hall: Lobby) -> None:
    mei = await a_full_life(hall)
    told = await hall.exports.export(mei)
    assert (told.profile.name, told.profile.roles) == ("Auntie Mei", ("viewer", "host"))
    assert [(one.provider, one.email) for one in told.identities] == [
        ("google", "mei@google.example")
    ]
    assert [(one.document, one.version) for one in told.consents] == [("terms", "2026-11")]
    assert {one.user_id for one in told.sessions} == {mei}
    assert [(one.id, one.title) for one in told.shows] == [(SHOW, "Autumn sale")]
    assert told.position == await hall.store.log.head()


async def test_export_has_every_event_about_them_and_by_them(hall: Lobby) -> None:
    mei = await a_full_life(hall)
    other = (await hall.come_in("line", "U2", name="Nobody Else")).person.user_id
    cancel = CancelLiveStream(stream_id=SHOW, by=other, as_admin=True)
    await hall.ask(cancel, actor=f"user:{other}")
    told = await hall.exports.export(mei)
    log = await hall.store.log.read(0, limit=1000)
    of_show = [one.position for one in log if SHOW in one.stream]
    naming = [one.position for one in log if mei in msgspec.json.encode(one).decode()]
    assert [one.position for one in told.events] == sorted({*of_show, *naming})
    assert of_show[-1] not in naming  # the show is theirs, whoever does something with it
    assert "Nobody Else" not in msgspec.json.encode(told).decode()


async def test_export_leaves_out_what_is_personal_of_others(hall: Lobby) -> None:
    """An event that names two people tells each what is theirs alone."""
    mei = await a_full_life(hall)
    host = (await hall.come_in("line", "U2", name="Nobody Else")).person.user_id
    shown = schedule(stream_id="another", by=host, host_name="Nobody Else", now=hall.clock())
    await hall.ask(shown, actor=f"user:{mei}")
    (event,) = [one for one in (await hall.exports.export(mei)).events if "another" in one.stream]
    assert event.data is not None
    assert event.data["title"] == "Autumn sale"
    assert "host_name" not in event.data


async def test_export_has_what_they_said_and_nothing_that_others_said(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    other = (await hall.come_in("line", "U2", name="Nobody Else")).person.user_id
    await hall.ask(OpenRoom(stream_id=SHOW, host_id=other, market="TW", language="zh-TW"))
    for message_id, by, text in (("m1", mei, "mine"), ("m2", other, "theirs"), ("m3", mei, "gone")):
        said = SendChatMessage(
            stream_id=SHOW,
            message_id=message_id,
            by=by,
            name="Somebody",
            text=text,
            language="zh-TW",
            now=hall.clock(),
            reply_to=None if by == mei else "m1",
        )
        await hall.ask(said, actor=f"user:{by}")
    await hall.ask(RemoveMessage(stream_id=SHOW, message_id="m3", user_id=mei, by=other))
    told = await hall.exports.export(mei)
    assert [(one.id, one.text, one.removed) for one in told.messages] == [
        ("m1", "mine", False),
        ("m3", "gone", True),
    ]
    assert told.messages[0].stream_id == SHOW
    assert "theirs" not in msgspec.json.encode(told).decode()


async def test_export_pages_through_a_long_log(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    for number in range(600):
        await hall.ask(ReviseProfile(user_id=mei, name=f"Mei {number}"))
    told = await hall.exports.export(mei)
    assert told.profile.name == "Mei 599"
    assert len(told.events) == await hall.store.log.head()


@pytest.mark.parametrize("erasing", [True, False])
async def test_export_refused_when_there_is_no_open_account(hall: Lobby, erasing: bool) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id if erasing else "nobody"
    if erasing:
        await hall.ask(RequestErasure(user_id=mei))
    with pytest.raises(AccountNotFoundError):
        await hall.exports.export(mei)


async def test_export_hides_itself_from_logs(hall: Lobby) -> None:
    mei = await a_full_life(hall)
    assert "Auntie" not in repr(await hall.exports.export(mei))
