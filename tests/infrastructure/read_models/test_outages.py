"""Servers go away and come back; projections wait for them and lose nothing."""

import asyncio
from contextlib import suppress

import pytest
from redis.asyncio import Redis
from sqlalchemy.exc import OperationalError

from projections.projection import ProjectionBehind
from tests.support.databases import sql_database
from tests.support.projections import (
    World,
    caught_up,
    players,
    redis_scores,
    table_scores,
    world,
)
from tests.support.servers import PrivateMySQL, PrivateRedis

pytestmark = pytest.mark.services
_NAMES = [f"p{number}" for number in range(20)]


async def test_projections_go_on_after_mysql_was_killed(redis_url: str, redis_prefix: str) -> None:
    both = (table_scores(), redis_scores())
    with PrivateMySQL() as server, sql_database(server.url) as url:
        async with (
            world(url, redis_url, redis_prefix) as there,
            there.projecting(*both) as views,
        ):
            await there.append(*players(*_NAMES))
            await caught_up(views, both[0], 20)
            await asyncio.to_thread(server.kill)
            with pytest.raises(ProjectionBehind):
                await views.get(both[0], "p1")
            await asyncio.to_thread(server.start)
            await there.append(*players(*_NAMES))
            for projection in both:
                found = await there.everything(views, projection)
                assert {view.points for view in found.values()} == {2}


async def test_projections_go_on_after_redis_was_killed_and_came_back_empty(
    mysql_url: str, redis_prefix: str
) -> None:
    both = (table_scores(), redis_scores())
    with PrivateRedis() as server:
        async with (
            world(mysql_url, server.url, redis_prefix) as there,
            there.projecting(*both) as views,
        ):
            await there.append(*players(*_NAMES))
            await caught_up(views, both[1], 20)
            await asyncio.to_thread(server.kill)
            last = await there.append(*players(*_NAMES))
            await caught_up(views, both[0], last)
            with pytest.raises(ProjectionBehind):
                await views.get(both[1], "p1")
            await asyncio.to_thread(server.start)
            for projection in both:
                found = await there.everything(views, projection)
                assert {view.points for view in found.values()} == {2}


async def test_a_redis_that_is_away_at_the_start_holds_up_only_what_it_keeps(
    sqlite_url: str, redis_prefix: str
) -> None:
    ranks, scores = redis_scores(), table_scores()
    async with (
        world(sqlite_url, "redis://127.0.0.1:1", redis_prefix) as there,
        there.projecting(ranks, scores) as views,
    ):
        await caught_up(views, scores, await there.score("ann"))
        with pytest.raises(ProjectionBehind):
            await views.get(ranks, "ann")


async def test_connections_cut_in_the_middle_cost_nothing(
    mysql_url: str, redis_url: str, redis_prefix: str
) -> None:
    both = (table_scores(), redis_scores())
    async with (
        world(mysql_url, redis_url, redis_prefix) as there,
        there.projecting(*both) as views,
    ):
        for number in range(60):
            await appended(there)
            if number % 20 == 10:
                await cut(there, redis_url)
        for projection in both:
            found = await there.everything(views, projection)
            assert {view.points for view in found.values()} == {60}


async def appended(there: World) -> None:
    """Once: a connection that was cut in the pool fails at its first statement."""
    while True:
        with suppress(OperationalError):
            await there.append(*players(*_NAMES))
            return


async def cut(there: World, redis_url: str) -> None:
    """Ends all connections to the database of this test, and to its Redis."""
    async with there.engine.connect() as connection:
        own = (await connection.exec_driver_sql("SELECT CONNECTION_ID()")).scalar_one()
        others = await connection.exec_driver_sql(
            "SELECT processlist_id FROM performance_schema.threads "
            "WHERE processlist_db = DATABASE()"
        )
        for (other,) in others.all():
            if other != own:
                with suppress(OperationalError):  # it has ended by itself
                    await connection.exec_driver_sql(f"KILL {other}")
    async with Redis.from_url(redis_url) as keeper:
        own = await keeper.client_id()
        clients = await keeper.client_list()
        database = next(each["db"] for each in clients if each["id"] == str(own))
        for client in clients:
            if client["db"] == database and client["id"] != str(own):
                await keeper.client_kill_filter(_id=client["id"])
