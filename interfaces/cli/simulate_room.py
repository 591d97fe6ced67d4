"""`live simulate room`: a crowd in a show's room, on any server, through its public API alone."""

import asyncio

import click

from infrastructure.settings import load_settings
from interfaces.cli.crowd.crowd import Plan, drive


@click.command()
@click.argument("stream_id", metavar="STREAM")
@click.option("--viewers", type=click.IntRange(1, 20_000), default=100, show_default=True)
@click.option(
    "--rate",
    type=click.FloatRange(0, 10_000),
    default=10.0,
    show_default=True,
    help="Messages a second, of all together.",
)
@click.option(
    "--seconds", type=click.FloatRange(0), default=0.0, help="How long. Left out: until Ctrl-C."
)
@click.option("--server", default="", help="Its address. Left out: this machine's, on PORT.")
def room(stream_id: str, viewers: int, rate: float, seconds: float, server: str) -> None:
    """Fill the room of show STREAM with guests who talk, ask, claim and cheer.

    They speak five languages, a few of them most of the time, and come and go. Every three
    seconds a line says what they see of the server. A server lets so many guests in from one
    address, a minute and in all, and takes so many messages a minute from one person: for larger
    crowds start it with LIVE_SIGN_IN_LIMIT_PER_ADDRESS=0, LIVE_ROOM_CONNECTIONS_PER_ADDRESS=0 and
    LIVE_CHAT_MESSAGES=0.

    \b
    live simulate room 01990000-0000-7000-8000-000000000001 --viewers 200 --rate 20
    """
    address = server.rstrip("/") or f"http://127.0.0.1:{load_settings().port}"
    plan = Plan(address=address, stream_id=stream_id, viewers=viewers, rate=rate, seconds=seconds)
    figures = asyncio.run(drive(plan, click.echo))
    click.echo(f"{figures.said} messages said")
