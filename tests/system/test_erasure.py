"""Somebody who asked to be forgotten is: nothing they could be known by is left in any table, Redis
key, file, export or log line, and the log replays and verifies as before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.identity.events import PersonalDataErased
from domain.shared import ERASED_TEXT
from infrastructure.database import create_engine
from infrastructure.embedded.private_redis import PrivateRedis
from infrastructure.embedded.private_simulators import PrivateSimulators
from infrastructure.event_store.schema import LOG
from infrastructure.read_models.generations import Generation, Generations
from infrastructure.read_models.redis_store import keys_below, mark_of
from infrastructure.read_models.schema import generation_table
from interfaces.contexts import PROJECTIONS
from projections.projection import Projection, TableProjection
from tests.support.eventually import eventually
from tests.support.planting import Plant
from tests.support.searching import Search, entries, rows
from tests.support.serving import LiveServer

pytestmark = pytest.mark.system

PROVIDERS = ("line", "google", "facebook", "apple")
# What the simulated providers themselves know of people. Pictures are in files of their own.
_THEIRS = ("simulators.sqlite3", "simulators.sqlite3-wal", "simulators.sqlite3-shm")


class Ground:
    """A whole platform, and everything it keeps anywhere."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.var = folder / "var"
        self._database_url = database_url or f"sqlite+aiosqlite:///{self.var}/live.db"
        settings = {"LIVE_LOG_LEVEL": "debug", "LIVE_DATABASE_URL": database_url}
        self.server = LiveServer(folder, settings)

    @property
    def simulators(self) -> str:
        return f"http://127.0.0.1:{PrivateSimulators(self.var / 'simulators').ports().http}"

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[AsyncEngine]:
        engine = create_engine(self._database_url)
        yield engine
        await engine.dispose()

    async def start(self) -> None:
        """With a Redis whose files can be searched: it would compress what it writes anew."""
        await asyncio.to_thread(self.server.start)
        async with self.redis(0) as redis:
            await redis.config_set("rdbcompression", "no")

    def redis(self, database: int) -> Any:
        return Redis.from_url(PrivateRedis(self.var / "redis").url(database))

    async def found(self, plant: Plant) -> list[str]:
        """Where any trace of the person is kept: tables and both Redises."""
        search = Search(plant.texts)
        async with self.engine() as engine, self.redis(0) as views, self.redis(1) as jobs:
            return [
                *await search.everywhere(rows(engine)),
                *await search.everywhere(entries(views)),
                *await search.everywhere(entries(jobs)),
            ]

    async def is_free_of(self, plant: Plant) -> bool:
        return not await self.found(plant)

    def found_in_files(self, plant: Plant) -> list[str]:
        return Search(plant.texts).files(self.var, but=_THEIRS)

    async def has_status(self, show: str, status: str) -> bool:
        view = (await self.views())["live_streams"].get(show)
        return view is not None and bool(view["status"] == status)

    async def erasures(self, user_id: str) -> int:
        wanted = select(LOG.events.c.position).where(
            LOG.events.c.stream == f"account-{user_id}",
            LOG.events.c.type == PersonalDataErased.tag,
        )
        async with self.engine() as engine, engine.connect() as connection:
            return len((await connection.execute(wanted)).all())

    async def forgotten(self, *plants: Plant) -> None:
        """Waits until everybody's erasure is recorded and folded."""

        async def done() -> bool:
            recorded = [await self.erasures(plant.user_id) for plant in plants]
            return all(recorded) and await self.caught_up()

        await eventually(done, timeout=100)

    async def caught_up(self, least: int = 1) -> bool:
        """Whether every projection serves from that generation or a later one, up to the end of
        the log. Killed while it plans the first, a process leaves the second to the next."""
        async with self.engine() as engine, engine.connect() as connection:
            head = (await connection.execute(select(LOG.log_head.c.position))).scalar_one()
        served = [await self._serving(each) for each in PROJECTIONS]
        return all(each.generation >= least and each.position >= head for each in served)

    async def _serving(self, projection: Projection[Any]) -> Generation:
        """Raises AssertionError while its first build goes on."""
        async with self.engine() as engine, self.redis(0) as redis:
            found = await Generations(engine).of([projection.name])
            active = next((each for each in found if each.state == "active"), None)
            assert active is not None, f"{projection.name} does not serve yet"
            if isinstance(projection, TableProjection):
                return active
            mark = mark_of(await redis.get(f"{_keys_of(projection, active)}mark"))
        return msgspec.structs.replace(active, position=mark.position)

    async def views(self) -> dict[str, dict[str, Any]]:
        """Every view that is served, by projection and key."""
        return {each.name: await self._views(each) for each in PROJECTIONS}

    async def _views(self, projection: Projection[Any]) -> dict[str, Any]:
        serving = await self._serving(projection)
        if isinstance(projection, TableProjection):
            table = generation_table(projection, serving.generation)
            async with self.engine() as engine, engine.connect() as connection:
                found = await connection.execute(select(table.c.key, table.c.view))
                return {key: msgspec.json.decode(view) for key, view in found}
        async with self.redis(0) as redis:
            stored = await redis.hgetall(f"{_keys_of(projection, serving)}views")
        return {key.decode(): msgspec.json.decode(view) for key, view in stored.items()}


def _keys_of(projection: Projection[Any], serving: Generation) -> str:
    return f"{keys_below('live:', projection.name)}{serving.token}:"


@pytest.fixture(params=["sqlite", "mysql"])
async def ground(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ground]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("mysql_url")
    made = Ground(tmp_path, url)
    await made.start()
    yield made
    await asyncio.to_thread(made.server.stop)


async def test_nothing_of_an_erased_person_is_left_anywhere(ground: Ground) -> None:
    plant = Plant(ground.server, ground.simulators)
    await plant.live_a_life()
    assert_everything_is_exported(plant, await plant.ask("GET", "/me/export"))
    await eventually(ground.caught_up, timeout=30)
    before = await ground.found(plant)
    assert {hit.rpartition(" in ")[2] for hit in before} >= {
        "accounts_g1",
        "messages_g1",
        "orders_g1",
    }
    assert any("live_streams" in hit for hit in before)
    assert not any(subject in hit for hit in before for subject in plant.subjects)
    in_files = ground.found_in_files(plant)
    assert any(plant.picture[16:].decode() in hit for hit in in_files)
    assert any("appendonly" in hit for hit in in_files)

    await plant.ask("DELETE", "/me")
    await ground.forgotten(plant)

    assert await ground.found(plant) == []
    assert await host_shown(ground, plant.shows[0]) == ERASED_TEXT
    await eventually(lambda: plant.is_let_go(*PROVIDERS), timeout=30)
    await assert_the_log_stands(ground, plant)
    await assert_a_rebuild_is_the_same(ground, plant)
    await assert_no_file_keeps_them(ground, plant)


async def test_a_host_is_erased_while_live_and_asks_twice_and_comes_back(ground: Ground) -> None:
    plant = Plant(ground.server, ground.simulators)
    await plant.be_known()
    first = (await plant.sign_in())["user"]["id"]
    await plant.become_host()
    show = await plant.host()
    await go_live(ground, show)

    asked = await asyncio.gather(*(plant.try_to("DELETE", "/me") for _ in range(2)))
    await ground.forgotten(plant)

    assert [each.status_code for each in asked] == [202, 202]
    assert await ground.erasures(first) == 1
    await assert_the_show_goes_on(ground, plant, show)
    assert await ground.found(plant) == []
    again = await plant.sign_in()
    assert again["user"]["id"] != first
    assert "host" not in again["user"]["roles"]
    export = await plant.ask("GET", "/me/export")
    assert export["shows"] == []
    assert first not in msgspec.json.encode(export).decode()


async def test_facebook_s_word_that_somebody_wants_to_be_forgotten_is_enough(
    ground: Ground,
) -> None:
    """Its notice names them in clear, and comes again when they are nobody here any more."""
    plant = Plant(ground.server, ground.simulators)
    await plant.be_known()
    await plant.sign_in("facebook")

    page = await plant.ask_facebook_to_delete()
    await ground.forgotten(plant)
    await plant.ask_facebook_to_delete()
    await eventually(lambda: ground.is_free_of(plant), timeout=30)

    async with httpx.AsyncClient(timeout=30) as client:
        told = await client.get(page)
    assert told.is_success
    assert Search(plant.texts).found_in("the page", told.content) == []
    await assert_no_file_keeps_them(ground, plant)


async def test_an_erasure_killed_midway_is_finished_by_the_next_run(ground: Ground) -> None:
    plants = [Plant(ground.server, ground.simulators) for _ in range(3)]
    for plant in plants:
        await plant.be_known()
        await plant.sign_in()
        await plant.ask("PATCH", "/me", {"name": plant.new_name})
    # A view whose first build is killed is begun anew half a minute later: not the matter here.
    await eventually(ground.caught_up, timeout=60)
    for plant in plants:
        await plant.ask("DELETE", "/me")
        await asyncio.to_thread(ground.server.kill)
        await asyncio.to_thread(ground.server.start)

    await ground.forgotten(*plants)

    for plant in plants:
        assert await ground.erasures(plant.user_id) == 1
        assert await ground.found(plant) == []


async def host_shown(ground: Ground, show: str) -> Any:
    """The host's name, as everybody sees it."""
    async with httpx.AsyncClient(base_url=ground.server.url, timeout=30) as client:
        return (await client.get(f"/api/v1/streams/{show}")).json()["host"]["name"]


async def go_live(ground: Ground, show: str) -> None:
    uid = (await ground.views())["live_streams"][show]["input_uid"]
    await asyncio.to_thread(ground.server.live, "simulate", "connect", uid)
    await eventually(lambda: ground.has_status(show, "live"), timeout=30)


async def assert_the_show_goes_on(ground: Ground, plant: Plant, show: str) -> None:
    """Its host is nobody, and their token from before opens nothing; an admin can end it."""
    assert await ground.has_status(show, "live")
    assert await host_shown(ground, show) == ERASED_TEXT
    announced = {"title": "A late show", "description": "x"}
    for late in (
        await plant.try_to("POST", "/streams", announced),
        await plant.try_to("POST", f"/streams/{show}/end"),
        await plant.try_to("DELETE", "/me"),
    ):
        assert (late.status_code, late.json()["code"]) == (401, "invalid_token")
    await end_as_admin(ground, show)
    await eventually(lambda: ground.has_status(show, "ended"), timeout=30)


async def end_as_admin(ground: Ground, show: str) -> None:
    async with httpx.AsyncClient(base_url=f"{ground.server.url}/api/v1", timeout=30) as client:
        boss = await client.post("/auth/dev", json={"name": "Boss", "roles": ["admin"]})
        headers = {"Authorization": f"Bearer {boss.json()['access_token']}"}
        ended = await client.post(f"/streams/{show}/end", headers=headers)
    assert ended.is_success, ended.text


def assert_everything_is_exported(plant: Plant, export: dict[str, Any]) -> None:
    profile = export["profile"]
    assert (profile["name"], profile["language"]) == (plant.new_name, "th")
    assert profile["avatar_key"]
    assert {each["provider"] for each in export["identities"]} == set(PROVIDERS)
    assert {each["email"] for each in export["identities"]} == {plant.email}
    assert [each["document"] for each in export["consents"]] == ["privacy"]
    assert len(export["sessions"]) == len(PROVIDERS) + 2  # as a guest, and once more at last
    assert [each["id"] for each in export["shows"]] == plant.shows
    said = [(each["text"], each["removed"]) for each in export["messages"]]
    bought = (plant.order.comment, False)
    assert said == [(plant.remark, False), (f"{plant.remark}!", True), bought]
    assert [each["comment"] for each in export["claims"]] == [plant.order.comment]
    assert [each["phone"] for each in export["orders"]] == [plant.order.phone]
    told = msgspec.json.encode(export["events"]).decode()
    names = (plant.guest_name, plant.name, *plant.name_by_apple.values(), plant.new_name)
    assert all(text in told for text in (*names, plant.email, plant.remark))


async def assert_the_log_stands(ground: Ground, plant: Plant) -> None:
    search, live = Search(plant.texts), ground.server.live
    exported = await asyncio.to_thread(live, "events", "export", "--personal", "--to", "-")
    assert plant.user_id in exported
    assert search.found_in("the export", exported.encode()) == []
    assert msgspec.json.decode(await asyncio.to_thread(live, "events", "verify"))["intact"]
    stream = f"account-{plant.user_id}"
    state = await asyncio.to_thread(live, "events", "replay", "--stream", stream)
    assert "erased" in state


async def assert_a_rebuild_is_the_same(ground: Ground, plant: Plant) -> None:
    served = await ground.views()
    for projection in PROJECTIONS:
        await asyncio.to_thread(ground.server.live, "projections", "rebuild", projection.name)
    await eventually(lambda: ground.caught_up(2), timeout=60)
    assert await ground.views() == served
    assert await ground.found(plant) == []


async def assert_no_file_keeps_them(ground: Ground, plant: Plant) -> None:
    """Files keep what was overwritten until it is scrubbed, some seconds after the erasure."""
    await eventually(lambda: not ground.found_in_files(plant), timeout=60)
    assert Search(plant.texts).found_in("the log lines", ground.server.output.encode()) == []
