"""`live demo`: a believable show on a running server, through its public API alone."""

import asyncio

import click

from infrastructure.settings import load_settings
from interfaces.cli.demo.show import Plan, demonstrate


@click.command()
@click.option("--buyers", type=click.IntRange(1, 2000), default=40, show_default=True)
@click.option("--seconds", type=click.FloatRange(1), default=45.0, show_default=True)
@click.option("--server", default="", help="Its address. Left out: this machine's, on PORT.")
def demo(buyers: int, seconds: float, server: str) -> None:
    """Let a host sell thirty things to a crowd that chats, claims, checks out and pays.

    Needs a server with LIVE_ENV=development, where anybody can sign in and payments settle on
    command. Every run is a new show with goods of its own; the buyers are invented.

    \b
    live demo --buyers 80 --seconds 60
    """
    address = server.rstrip("/") or f"http://127.0.0.1:{load_settings().port}"
    plan = Plan(address=address, buyers=buyers, seconds=seconds)
    asyncio.run(demonstrate(plan, click.echo))
