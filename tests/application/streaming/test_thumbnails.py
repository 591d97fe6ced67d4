"""Cover pictures, uploaded to the simulated object store by presigned address."""

import httpx
import pytest

from application.ports import Upload
from domain.streaming import errors
from domain.streaming.commands import AttachThumbnail
from domain.streaming.events import ThumbnailAttached
from tests.support.builders import HOST, SHOW, STRANGER, schedule
from tests.support.stage import Stage

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


async def request(play: Stage, *, by: str = HOST, kind: str = "image/png") -> tuple[str, Upload]:
    return await play.services.thumbnails.request_upload(
        content_type=kind, size=len(PICTURE), by=by
    )


async def upload(to: Upload) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.request(to.method, to.url, headers=to.headers, content=PICTURE)
    answer.raise_for_status()


async def attach(play: Stage, key: str) -> None:
    command = AttachThumbnail(stream_id=SHOW, by=HOST, key=key)
    await play.services.thumbnails.attach_thumbnail(play.dispatch(command), command)


async def test_an_uploaded_picture_becomes_the_cover(play: Stage) -> None:
    await play.ask(schedule())
    key, to = await request(play)
    await upload(to)
    await attach(play, key)
    assert await play.told(ThumbnailAttached) == [ThumbnailAttached(key=key)]
    assert key.startswith(f"media/{HOST}/thumbnails/")
    assert key.endswith(".png")


async def test_attach_refused_when_nothing_was_uploaded(play: Stage) -> None:
    await play.ask(schedule())
    key, _ = await request(play)
    with pytest.raises(errors.ThumbnailNotUploadedError):
        await attach(play, key)


@pytest.mark.parametrize("key", ["", "exports/log.json", "media/another/thumbnails/p.png"])
async def test_attach_refused_when_the_picture_is_not_the_hosts(play: Stage, key: str) -> None:
    await play.ask(schedule())
    with pytest.raises(errors.ThumbnailNotUploadedError):
        await attach(play, key)


async def test_attach_refused_when_something_else_was_uploaded(play: Stage) -> None:
    await play.ask(schedule())
    key, _ = await request(play)
    await play.objects.put(key, b"<script>", content_type="text/html")
    with pytest.raises(errors.InvalidThumbnailError):
        await attach(play, key)


@pytest.mark.parametrize(
    ("kind", "size", "field"),
    [
        ("image/gif", 100, "content_type"),
        ("text/html", 100, "content_type"),
        ("image/png", 0, "size"),
        ("image/png", 5 * 1024 * 1024 + 1, "size"),
    ],
)
async def test_upload_refused_when_kind_or_size_is_wrong(
    play: Stage, kind: str, size: int, field: str
) -> None:
    await play.ask(schedule())
    with pytest.raises(errors.InvalidThumbnailError) as refusal:
        await play.services.thumbnails.request_upload(content_type=kind, size=size, by=HOST)
    assert refusal.value.fields["field"] == field


async def test_attach_refused_when_asked_by_a_stranger(play: Stage) -> None:
    await play.ask(schedule())
    key, to = await request(play, by=STRANGER)
    await upload(to)
    command = AttachThumbnail(stream_id=SHOW, by=STRANGER, key=key)
    with pytest.raises(errors.NotTheHostError):
        await play.services.thumbnails.attach_thumbnail(play.dispatch(command), command)
