"""`live events`: the log as people and other programs read it."""

import sys

import click
import msgspec

from infrastructure.event_store.checkpoints import Checkpoints, load_checkpoint_key
from infrastructure.event_store.finding import position_of
from infrastructure.event_store.verification import verify as verify_log
from interfaces.cli.exporting import export_log
from interfaces.cli.opening import log_store, operated_platform, run
from interfaces.cli.output import progress, show_json
from interfaces.cli.replaying import state_as_it_was
from interfaces.cli.sealed import export_sealed
from interfaces.envelopes import Envelope, Wanted, pages

_POLL_SECONDS = 1.0
_PAYLOAD_SHOWN = 160
_LATEST = 20


class NoSuchEvent(Exception):
    """The log holds no such event."""


class LogBroken(Exception):
    """The log is not what was recorded. The text is one line."""


@click.group()
def events() -> None:
    """Read, export, verify and replay the event log.

    Personal data is withheld unless --personal asks for it. Lines come as JSON when they are
    piped, else in short.

    \b
    live events tail --follow
    live events show 42
    live events export --to events.ndjson
    live events replay --stream live_stream-01a2… --until 42
    live events verify
    """


@events.command()
@click.option("--follow", "-f", is_flag=True, help="Go on with what is recorded from now on.")
@click.option(
    "--after", type=int, help="Position to start behind. Left out: the last 20, or all of a stream."
)
@click.option("--type", "types", multiple=True, help="Such as streaming.LiveStreamStarted.")
@click.option("--stream", help="Such as live_stream-<id>.")
@click.option("--personal", is_flag=True, help="Show personal data.")
def tail(
    after: int | None, types: tuple[str, ...], stream: str | None, *, follow: bool, personal: bool
) -> None:
    """Print events in order."""
    wanted = Wanted(types=frozenset(types), stream=stream, personal=personal)
    run(_tail(after, wanted, follow=follow))


@events.command()
@click.argument("which", metavar="POSITION|EVENT_ID")
@click.option("--personal", is_flag=True, help="Show personal data.")
def show(which: str, *, personal: bool) -> None:
    """Print one event with its whole envelope."""
    run(_show(which, personal=personal))


@events.command()
@click.option("--to", required=True, help="A file, - for standard output, or s3://bucket/prefix.")
@click.option(
    "--format", type=click.Choice(["ndjson", "sealed"]), default="ndjson", show_default=True
)
@click.option("--type", "types", multiple=True, help="Such as streaming.LiveStreamStarted.")
@click.option("--personal", is_flag=True, help="Include personal data.")
def export(to: str, format: str, types: tuple[str, ...], *, personal: bool) -> None:  # noqa: A002
    """Write the log out, one JSON object a line.

    Run again with the same target it goes on where it ended, also after it was interrupted.
    `sealed` is every record as it was hashed, for `live audit prove`; personal data stays
    encrypted.
    """
    if format == "sealed":
        if types or personal:
            raise click.UsageError("a sealed export holds every event as it is stored")
        run(export_sealed(to))
        return
    run(export_log(to, Wanted(types=frozenset(types), personal=personal)))


@events.command()
@click.option("--from", "first", type=click.IntRange(1), default=1, show_default=True)
@click.option("--to", "last", type=click.IntRange(1), help="Left out: the end.")
def verify(first: int, last: int | None) -> None:
    """Check the hash chain and the signed checkpoint; ends with 1 when the log is not intact."""
    run(_verify(first, last))


@events.command()
def checkpoint() -> None:
    """Sign the log as it is now, and print the checkpoint."""
    run(_checkpoint())


@events.command()
@click.option("--stream", required=True, help="Such as live_stream-<id>.")
@click.option("--until", help="A position, or a time such as 2026-05-01T12:00:00Z. Left out: now.")
def replay(stream: str, until: str | None) -> None:
    """Print a stream's state as it was."""
    run(_replay(stream, until))


async def _tail(after: int | None, wanted: Wanted, *, follow: bool) -> None:
    async with log_store() as store:
        last = 0 if wanted.stream else max(await store.log.head() - _LATEST, 0)
        place = last if after is None else after
        while True:
            async for page in pages(store.log, msgspec.structs.replace(wanted, after=place)):
                for envelope in page.envelopes:
                    click.echo(_line(envelope))
                place = max(place, page.reached)
            if not follow:
                return
            # Another process appends; without Redis nothing wakes us, so the log is asked.
            await store.log.wait_beyond(sys.maxsize, _POLL_SECONDS)


def _line(envelope: Envelope) -> str:
    if not sys.stdout.isatty():
        return msgspec.json.encode(envelope).decode()
    payload = bytes(envelope.payload).decode()
    shown = payload if len(payload) <= _PAYLOAD_SHOWN else f"{payload[:_PAYLOAD_SHOWN]}…"
    moment = envelope.recorded_at.isoformat(sep=" ", timespec="milliseconds")
    place = f"{envelope.stream}@{envelope.version}"
    return f"{envelope.position:>8} {moment} {envelope.type} {place} {envelope.actor} {shown}"


async def _show(which: str, *, personal: bool) -> None:
    async with log_store() as store:
        position = int(which) if which.isdecimal() else await position_of(store.engine, which)
        found = pages(store.log, Wanted(after=(position or 0) - 1, personal=personal))
        page = await anext(found, None) if position else None
    if page is None or not page.envelopes or page.envelopes[0].position != position:
        raise NoSuchEvent(f"the log holds no event {which}")
    show_json(page.envelopes[0])


async def _verify(first: int, last: int | None) -> None:
    async with log_store() as store:
        key = load_checkpoint_key(store.settings.checkpoint_key)
        checkpoints = Checkpoints(store.engine, store.log, key)
        total = (last or await store.log.head()) - first + 1
        verified = 0
        with progress("verifying", total) as advance:

            def count(events_read: int) -> None:
                nonlocal verified
                verified += events_read
                advance(verified)

            found = await verify_log(store.log, checkpoints, first=first, last=last, progress=count)
    if first > max(found.last, 1):
        raise NoSuchEvent(f"nothing to verify: --from {first} lies beyond position {found.last}")
    show_json(found)
    if found.first_broken is not None:
        raise LogBroken(f"the log is broken at position {found.first_broken}")
    if not found.intact:
        raise LogBroken(f"checkpoint and log differ at position {last or found.last} or before")


async def _checkpoint() -> None:
    async with operated_platform(simulators=True) as platform:
        checkpoints = platform.checkpoints
        signed = await checkpoints.sign() or await checkpoints.latest()
    show_json(signed)


async def _replay(stream: str, until: str | None) -> None:
    async with log_store() as store:
        found = await state_as_it_was(store.log, stream, until)
    show_json(found)
