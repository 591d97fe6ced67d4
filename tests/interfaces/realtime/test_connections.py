"""One person, and one address, has so many connections to a process and no more."""

from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack

import pytest

from infrastructure.settings import Settings
from interfaces.realtime.connections import Connections, TooManyConnections
from tests.interfaces.realtime.test_room import shown
from tests.support.eventually import eventually
from tests.support.http import BASE, Api, problem, running_api
from tests.support.room_client import Frame, connected, in_room

pytestmark = pytest.mark.services


async def _refused(api: Api, stream_id: str, token: str) -> Frame:
    async with connected(api, stream_id, token) as client:
        error = await client.until("error")
        assert await client.close_code() == 4029
        return error


async def comes_in(api: Api, stream_id: str, token: str) -> bool:
    async with connected(api, stream_id, token) as client:
        first = await client.next()
        return str(first["type"]) == "welcome"


async def test_one_person_has_so_many_over_all_rooms_and_feeds(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings(LIVE_ROOM_CONNECTIONS_PER_PERSON="2")) as api:
        (one, host), (other, _) = await shown(api), await shown(api)
        mei = await api.token("Lin Mei")
        feed, headers = f"{BASE}/streams/{other}/feed", {"Authorization": f"Bearer {mei}"}
        async with AsyncExitStack() as watching:
            await watching.enter_async_context(in_room(api, one, mei))
            answer = await watching.enter_async_context(
                api.client.stream("GET", feed, headers=headers)
            )
            assert answer.status_code == 200
            error = await _refused(api, other, mei)
            assert error["code"] == "too_many_connections"
            assert "too many places" in error["detail"]
            refused = await api.client.get(feed, headers=headers)
            assert (refused.status_code, problem(refused)["code"]) == (429, error["code"])
            assert await comes_in(api, one, host)
        await eventually(lambda: comes_in(api, one, mei))
        await eventually(lambda: comes_in(api, other, mei))


async def test_one_address_has_so_many_whoever_they_are(settings: Callable[..., Settings]) -> None:
    async with running_api(settings(LIVE_ROOM_CONNECTIONS_PER_ADDRESS="2")) as api:
        stream_id, host = await shown(api)
        mei = await api.token("Lin Mei")
        async with in_room(api, stream_id, host), in_room(api, stream_id, mei):
            for token in (await api.token("Somchai"), "no token at all"):
                assert (await _refused(api, stream_id, token))["code"] == "too_many_connections"
        await eventually(lambda: comes_in(api, stream_id, host))


def test_what_is_refused_is_not_counted_and_nothing_is_kept() -> None:
    connections = Connections(per_person=1, per_address=2)
    with connections.of_person("mei"), connections.from_address(("2001:db8::1", 1)):
        for _ in range(3):
            with pytest.raises(TooManyConnections), connections.of_person("mei"):
                pass
        with connections.from_address(("2001:db8::ffff:2", 1)):
            with pytest.raises(TooManyConnections), connections.from_address(("2001:db8::3", 1)):
                pass
            with connections.from_address(("2001:db8:0:1::1", 1)):
                pass
    with connections.of_person("mei"):
        pass
    assert vars(connections)["_open"] == {}


def test_there_may_be_any_number_where_there_is_no_limit() -> None:
    connections = Connections(per_person=0, per_address=0)
    with ExitStack() as stack:
        for _ in range(1000):
            stack.enter_context(connections.of_person("mei"))
            stack.enter_context(connections.from_address(("192.0.2.1", 1)))
