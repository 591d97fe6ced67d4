"""The room's protocol, by a client library that is not the server's."""

import asyncio

import pytest

from tests.support.eventually import eventually
from tests.support.http import BASE, Api
from tests.support.room_client import connected, in_room

pytestmark = [pytest.mark.services, pytest.mark.asyncio(loop_scope="module")]


NOBODYS = "019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f"


async def shown(api: Api) -> tuple[str, str]:
    """A new show's id and its host's token."""
    token = await api.token("Host", "host")
    stream_id, _ = await api.announced({"Authorization": f"Bearer {token}"})
    return stream_id, token


async def test_who_comes_in_is_welcomed_and_told_how_things_stand(api: Api) -> None:
    stream_id, _ = await shown(api)
    async with in_room(api, stream_id, await api.token("Lin Mei")) as (client, welcome):
        assert welcome["room"] == {
            "slow_mode_seconds": 0,
            "who_may_chat": "everyone",
            "links_allowed": True,
            "closed": False,
            "status": "scheduled",
            "pinned_message": None,
        }
        assert welcome["offers"] == []
        assert welcome["recovered"] is False
        assert welcome["role"] == "viewer"
        assert welcome["viewer_id"]
        assert welcome["position"] > 0
        assert await client.next() == {"type": "stream", "status": "scheduled"}
        assert await client.next() == {"type": "viewers", "count": 1}


async def test_what_one_says_everybody_is_shown_once_it_is_durable(api: Api) -> None:
    stream_id, host = await shown(api)
    async with (
        in_room(api, stream_id, host) as (speaker, welcome),
        in_room(api, stream_id, await api.token("Lin Mei")) as (listener, _),
    ):
        ack = await speaker.say("สวัสดี 你好 👋")
        message = await listener.until("message")
        assert ack == {
            "type": "ack", "ref": "สวัสดี 你好 👋", "id": message["id"],
            "position": message["position"],
        }  # fmt: skip
        assert message["text"] == "สวัสดี 你好 👋"
        assert message["user"] == {"id": welcome["viewer_id"], "name": "Host", "role": "host"}
        assert message["reply_to"] is None
        assert await speaker.until("message") == message
        assert (await api.platform.log.head()) >= ack["position"]


async def test_a_ref_that_comes_again_is_acknowledged_alike_and_said_once(api: Api) -> None:
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, _):
        first = await client.say("once", "r1")
        assert await client.say("once", "r1") == first
        refused = await client.say("something else", "r1")
        assert refused["code"] == "idempotency_key_reused"
        await client.say("last")
        assert [frame["text"] for frame in await client.messages(2)] == ["once", "last"]


async def test_a_reply_names_what_it_answers(api: Api) -> None:
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, _):
        asked = await client.say("question")

        async def replied() -> bool:
            answer = await client.say("answer", "r2", reply_to=asked["id"])
            return answer["type"] == "ack"

        await eventually(replied)  # that it was said is looked up in a view
        assert (await client.until("message", text="answer"))["reply_to"] == asked["id"]
        nobody = await client.say("to nobody", reply_to="0197a000-0000-7000-8000-000000000000")
        assert nobody["code"] == "message_not_found"


async def test_reactions_are_counted_together(api: Api) -> None:
    stream_id, host = await shown(api)
    async with (
        in_room(api, stream_id, host) as (one, _),
        in_room(api, stream_id, await api.token("Lin Mei")) as (other, _),
    ):
        await one.send("react", kind="like", count=3)
        await other.send("react", kind="like", count=2)
        await other.send("react", kind="heart")
        await one.until("reactions", totals={"heart": 1, "like": 5})


async def test_totals_that_redis_lost_are_put_back(api: Api) -> None:
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, _):
        await client.send("react", kind="like", count=3)
        await client.until("reactions", totals={"like": 3})
        async for key in api.platform.redis.scan_iter(match=f"*{stream_id}*"):
            await api.platform.redis.delete(key)
        await client.send("react", kind="like", count=2)
        await client.until("reactions", totals={"like": 5})
        async for key in api.platform.redis.scan_iter(match=f"*reactions:{stream_id}"):
            await api.platform.redis.delete(key)

        async def is_back() -> bool:
            return await api.platform.reactions.totals(stream_id) == {"like": 5}

        await eventually(is_back)


async def test_of_one_persons_reactions_so_many_count(api: Api) -> None:
    """Five seconds' worth at once, and then ten a second."""
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, _):
        for _ in range(3):
            await client.send("react", kind="like", count=40)
        totals = (await client.until("reactions"))["totals"]
        assert 50 <= totals["like"] < 100


async def test_viewers_are_people_not_connections(api: Api) -> None:
    stream_id, host = await shown(api)
    async with (
        in_room(api, stream_id, host),
        in_room(api, stream_id, host),
        in_room(api, stream_id, await api.token("Lin Mei")) as (client, _),
    ):
        await client.until("viewers", count=2)


async def test_who_moderates_removes_and_everybody_is_told(api: Api) -> None:
    stream_id, host = await shown(api)
    async with (
        in_room(api, stream_id, host) as (moderator, _),
        in_room(api, stream_id, await api.token("Lin Mei")) as (viewer, _),
    ):
        said = await viewer.say("spam")
        assert (await viewer.ask("remove", ref="x", id=NOBODYS))["code"] == "message_not_found"

        async def removed() -> bool:
            answer = await moderator.ask("remove", ref="r1", id=said["id"])
            return answer["type"] == "ack"

        await eventually(removed)
        assert (await viewer.until("message_removed"))["id"] == said["id"]
    async with in_room(api, stream_id, host) as (client, _):
        assert "spam" not in str(await client.told())


async def test_a_muted_person_alone_is_told_and_may_not_speak(api: Api) -> None:
    stream_id, host = await shown(api)
    async with (
        in_room(api, stream_id, host) as (moderator, _),
        in_room(api, stream_id, await api.token("Lin Mei")) as (viewer, welcome),
    ):
        await moderator.ask("mute", ref="r1", user_id=welcome["viewer_id"], seconds=60)
        muted = await viewer.until("muted")
        refused = await viewer.say("hello?")
        assert refused["code"] == "muted"
        assert refused["retry_after"] in range(50, 61)
        await moderator.say("on we go")
        while (frame := await moderator.next())["type"] != "message":
            assert frame["type"] != "muted"
    async with in_room(api, stream_id, await api.token("Lin Mei")) as (_, again):
        assert again["muted_until"] == muted["until"]


async def test_a_ban_shuts_every_connection_at_once_and_keeps_them_out(api: Api) -> None:
    stream_id, host = await shown(api)
    token = await api.token("Lin Mei")
    async with (
        in_room(api, stream_id, host) as (moderator, _),
        in_room(api, stream_id, token) as (one, welcome),
        in_room(api, stream_id, token) as (two, _),
    ):
        await moderator.ask("ban", ref="r1", user_id=welcome["viewer_id"])
        assert await one.close_code() == 4403
        assert await two.close_code() == 4403
        async with connected(api, stream_id, token, after=welcome["position"]) as client:
            assert (await client.next())["code"] == "banned"
            assert await client.close_code() == 4403
        await moderator.ask("unban", ref="r2", user_id=welcome["viewer_id"])
    async with in_room(api, stream_id, token):
        pass


async def test_slow_mode_is_announced_and_holds_for_viewers(api: Api) -> None:
    stream_id, host = await shown(api)
    async with (
        in_room(api, stream_id, host) as (moderator, _),
        in_room(api, stream_id, await api.token("Lin Mei")) as (viewer, _),
    ):
        await moderator.ask("slow_mode", ref="r1", seconds=30)
        assert (await viewer.until("room"))["slow_mode_seconds"] == 30
        await viewer.say("first")
        assert (await viewer.say("second"))["code"] == "slow_mode"
        forbidden = await viewer.ask("slow_mode", ref="r2", seconds=0)
        assert forbidden["code"] == "forbidden"


async def test_a_pinned_message_is_shown_whole_to_all_and_to_who_comes(api: Api) -> None:
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, _):
        said = await client.say("today only")

        async def pinned() -> bool:
            return (await client.ask("pin", ref="r1", id=said["id"]))["type"] == "ack"

        await eventually(pinned)
        assert (await client.until("pinned"))["message"]["text"] == "today only"
        async with in_room(api, stream_id, host) as (_, welcome):
            assert welcome["room"]["pinned_message"]["text"] == "today only"
        await client.ask("unpin", ref="r2")
        assert (await client.until("pinned"))["message"] is None


async def test_refusals_are_in_the_readers_language(api: Api) -> None:
    stream_id, _ = await shown(api)
    token = await api.token("นิด", language="th")
    async with in_room(api, stream_id, token) as (client, _):
        thai = await client.ask("unpin", ref="r1")
    headers = {"Accept-Language": "zh-TW"}
    async with in_room(api, stream_id, token, headers=headers) as (client, _):
        chinese = await client.ask("unpin", ref="r1")
    assert thai["code"] == chinese["code"] == "forbidden"
    assert thai["detail"] != chinese["detail"]


async def test_nobody_comes_in_without_a_token_and_nowhere_without_a_show(api: Api) -> None:
    stream_id, host = await shown(api)
    for token, room, code, closing in (
        (None, stream_id, "unauthenticated", 4401),
        ("x.y.z", stream_id, "invalid_token", 4401),
        (host, "0197a000-0000-7000-8000-000000000000", "room_not_found", 4404),
    ):
        async with connected(api, room, token) as client:
            assert (await client.next())["code"] == code
            assert await client.close_code() == closing


async def test_a_token_may_come_by_subprotocol_or_header(api: Api) -> None:
    stream_id, host = await shown(api)
    async with connected(api, stream_id, protocols=[f"bearer.{host}"]) as client:
        assert client.socket.protocol == f"bearer.{host}"
        assert (await client.next())["type"] == "welcome"
    headers = {"Authorization": f"Bearer {host}"}
    async with connected(api, stream_id, headers=headers) as client:
        assert (await client.next())["type"] == "welcome"


async def test_only_pages_of_allowed_origins_may_connect(api: Api) -> None:
    stream_id, host = await shown(api)
    for origin, kind in (
        ("https://shop.example", "welcome"),
        (api.url, "welcome"),
        ("https://evil.example", "error"),
        ("null", "error"),
    ):
        async with connected(api, stream_id, host, origin=origin) as client:
            assert (await client.next())["type"] == kind, origin


async def test_a_newer_token_takes_the_place_of_the_first(api: Api) -> None:
    stream_id, host = await shown(api)
    async with in_room(api, stream_id, host) as (client, _):
        renewed = await client.ask("token", ref="r1", token=await api.token("Host", "host"))
        assert renewed["type"] == "token"
        assert renewed["expires_in"] > 0
        other = await client.ask("token", ref="r2", token=await api.token("Lin Mei"))
        assert other["code"] == "forbidden"
        assert (await client.ask("token", ref="r3", token="x"))["code"] == "invalid_token"


async def test_a_session_that_ends_ends_its_connections(api: Api) -> None:
    stream_id, host = await shown(api)
    guest = {"market": "TW", "language": "en"}
    tokens = (await api.client.post(f"{BASE}/auth/guest", json=guest)).json()
    async with in_room(api, stream_id, tokens["access_token"]) as (client, _):
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        body = {"refresh_token": tokens["refresh_token"]}
        await api.client.post(f"{BASE}/auth/logout", json=body, headers=headers)
        await client.send("send", ref="late", text="still here?")
        assert await client.close_code() == 4401
    read = await api.client.get(
        f"{BASE}/streams/{stream_id}/messages", headers={"Authorization": f"Bearer {host}"}
    )
    assert read.json()["items"] == []


async def test_what_many_say_at_once_comes_in_order_and_once(api: Api) -> None:
    stream_id, host = await shown(api)
    tokens = [await api.token(f"Viewer {number}") for number in range(4)]

    async def chatter(token: str) -> None:
        async with in_room(api, stream_id, token) as (client, _):
            for number in range(10):
                ack = await client.say(f"{token[-6:]} {number}")
                assert ack["type"] == "ack", ack

    async with in_room(api, stream_id, host) as (listener, _):
        await asyncio.gather(*map(chatter, tokens))
        position = (await listener.say("end", "end"))["position"]
        seen: list[int] = []
        while not seen or seen[-1] < position:
            seen.append((await listener.until("message"))["position"])
        assert len(seen) >= 10
        assert seen == sorted(set(seen))
