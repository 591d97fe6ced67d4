"""What people say of themselves, how they look, and which roles they are given."""

import asyncio

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from application.pictures import UPLOAD_TIME
from domain.identity import errors
from domain.identity.commands import (
    GiveConsent,
    RequestErasure,
    ReviseProfile,
    WithdrawConsent,
)
from domain.identity.deciding import ACCOUNT
from domain.identity.events import AvatarAttached, RolesChanged
from domain.text import TextEmptyError
from infrastructure.event_store.schema import LOG
from tests.support.lobby import Lobby

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


async def uploaded(hall: Lobby, by: str, kind: str = "image/png") -> str:
    key, to = await hall.services.avatars.request_upload(
        content_type=kind, size=len(PICTURE), by=by
    )
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.request(to.method, to.url, headers=to.headers, content=PICTURE)
    answer.raise_for_status()
    return key


async def attach(hall: Lobby, by: str, key: str) -> None:
    command = ReviseProfile(user_id=by, avatar_key=key)
    await hall.services.profiles.revise(hall.dispatch(command), command)
    await hall.settle()


async def test_revise_shows_at_once(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    revise = ReviseProfile(user_id=mei, name="Mei", language="ja")
    await hall.services.profiles.revise(hall.dispatch(revise), revise)
    person = await hall.services.profiles.person(mei)
    assert (person.name, person.language, person.market) == ("Mei", "ja", "TW")


async def test_what_the_log_keeps_of_a_request_does_not_depend_on_a_name(hall: Lobby) -> None:
    """A hash of it would tell a guessed name from a wrong one after the person was erased."""
    mei = (await hall.come_in("line", "U1")).person.user_id
    revise = ReviseProfile(user_id=mei, name="Mei")
    dispatch = hall.dispatch(revise)
    await hall.services.profiles.revise(dispatch, revise)
    other = replace(dispatch, command=ReviseProfile(user_id=mei, name="Other"))
    assert (await hall.services.profiles.revise(other, revise)).replayed
    async with hall.engine.connect() as connection:
        kept = (await connection.execute(select(LOG.commands))).all()
    assert "Mei" not in repr(kept)


async def test_an_uploaded_picture_becomes_the_avatar_and_the_old_one_goes(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    first, second = await uploaded(hall, mei), await uploaded(hall, mei)
    await attach(hall, mei, first)
    await attach(hall, mei, second)
    assert (await hall.services.profiles.person(mei)).avatar_key == second
    assert await hall.objects.head(first) is None
    assert await hall.objects.head(second) is not None
    assert first.startswith(f"media/{mei}/avatars/")


async def test_name_and_picture_change_together_or_not_at_all(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    first, second = await uploaded(hall, mei), await uploaded(hall, mei)
    await attach(hall, mei, first)
    seen = await hall.services.profiles.person(mei)
    wrong = ReviseProfile(user_id=mei, name=" ", avatar_key=second)
    with pytest.raises(TextEmptyError):
        await hall.services.profiles.revise(hall.dispatch(wrong), wrong)
    assert await hall.services.profiles.person(mei) == seen
    right = ReviseProfile(user_id=mei, name="Mei", avatar_key=second)
    version = (await hall.store.log.load(ACCOUNT, ACCOUNT.stream(mei))).version
    dispatch = replace(hall.dispatch(right), expected_version=version)
    for _ in range(2):  # a repeat under its id is answered as the first time
        assert (await hall.services.profiles.revise(dispatch, right)).version == version + 2
    person = await hall.services.profiles.person(mei)
    assert (person.name, person.avatar_key) == ("Mei", second)


async def test_no_picture_outlives_the_person_not_even_one_that_comes_late(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    attached, forgotten = await uploaded(hall, mei), await uploaded(hall, mei)
    await attach(hall, mei, attached)
    await hall.ask(RequestErasure(user_id=mei))
    await hall.settle()
    assert await hall.objects.keys(f"media/{mei}/") == []
    await hall.objects.put(forgotten, PICTURE, content_type="image/png")
    await hall.later(UPLOAD_TIME.total_seconds())
    assert await hall.objects.keys(f"media/{mei}/") == []


async def test_avatar_refused_when_nothing_was_uploaded_or_it_is_anothers(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    theirs = await uploaded(hall, (await hall.come_in("line", "U2")).person.user_id)
    for key in (theirs, f"media/{mei}/avatars/none.png", ""):
        with pytest.raises(errors.PictureNotUploadedError):
            await attach(hall, mei, key)
    assert await hall.told(AvatarAttached) == []


@pytest.mark.parametrize(
    ("kind", "size", "field"),
    [("image/svg+xml", 10, "content_type"), ("image/png", 0, "size"), ("image/png", 2**30, "size")],
)
async def test_upload_refused_when_it_is_no_picture_of_ours(
    hall: Lobby, kind: str, size: int, field: str
) -> None:
    with pytest.raises(errors.InvalidPictureError) as refusal:
        await hall.services.avatars.request_upload(content_type=kind, size=size, by="mei")
    assert refusal.value.fields["field"] == field


async def test_roles_are_granted_and_revoked_one_at_a_time(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    profiles = hall.services.profiles
    await profiles.grant(mei, "admin", actor="system:test")
    await profiles.grant(mei, "admin", actor="system:test")
    await profiles.revoke(mei, "viewer", actor="system:test")
    assert (await profiles.person(mei)).roles == ("admin",)
    assert len(await hall.told(RolesChanged)) == 2


async def test_of_many_grants_at_once_all_count(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    granting = (
        hall.services.profiles.grant(mei, role, actor="system:test")
        for role in ("host", "moderator", "merchant", "admin")
    )
    await asyncio.gather(*granting)
    person = await hall.services.profiles.person(mei)
    assert person.roles == ("viewer", "host", "moderator", "merchant", "admin")


async def test_grant_refused_to_a_guest_and_to_nobody(hall: Lobby) -> None:
    guest = (await hall.guest()).person.user_id
    with pytest.raises(errors.RoleNeedsRegistrationError):
        await hall.services.profiles.grant(guest, "host", actor="system:test")
    with pytest.raises(errors.AccountNotFoundError):
        await hall.services.profiles.grant("nobody", "host", actor="system:test")


async def test_consent_answers_how_it_stands(hall: Lobby) -> None:
    mei = (await hall.come_in("line", "U1")).person.user_id
    give = GiveConsent(user_id=mei, document="marketing", version="1", language="th")
    assert (await hall.ask(give)).answer == b'{"id":"marketing","status":"given"}'
    withdraw = WithdrawConsent(user_id=mei, document="marketing")
    assert (await hall.ask(withdraw)).answer == b'{"id":"marketing","status":"withdrawn"}'
