"""The roles: what each runs, around one platform."""

import asyncio
import socket
from contextlib import AsyncExitStack
from functools import partial

import click
from sqlalchemy.engine import make_url

from infrastructure.cloudflare.signing_keys import check_configured_key
from infrastructure.database import create_engine
from infrastructure.embedded.surroundings import Needs, surrounded
from infrastructure.migrations.migrating import current_revision, newest_revision, upgrade
from infrastructure.settings import Settings
from interfaces.bootstrap.platform import open_platform
from interfaces.http.app import create_app
from interfaces.http.serving import server_config
from interfaces.platform import Platform
from interfaces.realtime.opening import open_hub
from interfaces.roles.background import projecting, scheduling, working
from interfaces.roles.probes import create_probes
from interfaces.roles.serving import claim_port, serve_http


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Everything in one process. With nothing configured it is alone in its state folder."""
    private = settings.env == "development" and not settings.jobs_redis_url
    port = claim_port(settings.host, settings.port)
    async with surrounded(settings, Needs(exclusive=private)) as full, AsyncExitStack() as stack:
        await _prepare_tables(full)
        await check_configured_key(full)
        platform = await stack.enter_async_context(open_platform(full, alone=private))
        await stack.enter_async_context(projecting(platform))
        await stack.enter_async_context(working(platform, alone=private))
        await stack.enter_async_context(scheduling(platform))
        _greet(full)
        await _answer(platform, port, stop)


async def api(settings: Settings, stop: asyncio.Event) -> None:
    port = claim_port(settings.host, settings.port)
    async with surrounded(settings, Needs()) as full:
        await _prepare_tables(full)
        await check_configured_key(full)
        async with open_platform(full) as platform:
            await _answer(platform, port, stop)


async def projector(settings: Settings, stop: asyncio.Event) -> None:
    port = _claim_probes(settings)
    async with surrounded(settings, Needs(simulators=False)) as full:
        await _prepare_tables(full)
        async with open_platform(full) as platform, projecting(platform):
            await _probed(platform, port, stop)


async def worker(settings: Settings, stop: asyncio.Event) -> None:
    port = _claim_probes(settings)
    async with surrounded(settings, Needs()) as full:
        await _prepare_tables(full)
        async with open_platform(full) as platform, working(platform):
            await _probed(platform, port, stop)


async def scheduler(settings: Settings, stop: asyncio.Event) -> None:
    port = _claim_probes(settings)
    async with surrounded(settings, Needs()) as full:
        await _prepare_tables(full)
        async with open_platform(full) as platform, scheduling(platform):
            await _probed(platform, port, stop)


class TablesBehind(Exception):
    """The database does not have the tables this code wants. The text is one line."""


async def _prepare_tables(settings: Settings) -> None:
    """In development tables come by themselves; in production `live db upgrade` is a step of the
    operator's, and a role only checks that it was taken. Raises `TablesBehind`."""
    engine = create_engine(settings.database_url)
    try:
        found, wanted = await current_revision(engine), newest_revision()
        if found == wanted:
            return
        if settings.env == "production":
            raise TablesBehind(f"tables are at {found}, wanted is {wanted}: run `live db upgrade`")
        await upgrade(engine)
    finally:
        await engine.dispose()


async def _answer(platform: Platform, port: socket.socket, stop: asyncio.Event) -> None:
    settings = platform.settings
    async with open_hub(platform) as hub:
        config = server_config(create_app(platform, hub), settings.host, settings.port)
        drain = partial(hub.drain, settings.room_drain_seconds)
        await serve_http(config, port, stop, drain)


def _claim_probes(settings: Settings) -> socket.socket | None:
    """None: nobody wants to know how the role is."""
    if not settings.health_port:
        return None
    return claim_port(settings.host, settings.health_port, setting="LIVE_HEALTH_PORT")


async def _probed(platform: Platform, port: socket.socket | None, stop: asyncio.Event) -> None:
    if port is None:
        await stop.wait()
        return
    settings = platform.settings
    config = server_config(create_probes(platform), settings.host, settings.health_port)
    await serve_http(config, port, stop)


def _greet(settings: Settings) -> None:
    if settings.env != "development":
        return
    database = make_url(settings.database_url).render_as_string(hide_password=True)
    lines = {
        "page": settings.public_url,
        "sign in": f"{settings.public_url}/sign-in",
        "API": f"{settings.public_url}/schema",
        "token": "live token --role host",
        "Cloudflare": settings.cloudflare_api_url,
        "database": database,
        "state": str(settings.var_dir),
    }
    click.echo("\n".join(f"{name:<11}{value}" for name, value in lines.items()))
