"""The command `live`. Owns the list of commands and how errors end; each stands in its module."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

_COMMANDS = {
    "serve": ("interfaces.cli.roles:serve", "Run everything in one process."),
    "api": ("interfaces.cli.roles:api", "Run the HTTP and WebSocket interface alone."),
    "projector": ("interfaces.cli.roles:projector", "Run the projections alone."),
    "worker": ("interfaces.cli.roles:worker", "Run jobs and processes alone."),
    "scheduler": ("interfaces.cli.roles:scheduler", "Run deadlines and periodic work alone."),
    "health": ("interfaces.cli.roles:health", "Ask a running role whether it is ready."),
    "db": ("interfaces.cli.db:db", "Create, upgrade and check the database's tables."),
    "events": ("interfaces.cli.events:events", "Read, export, verify and replay the event log."),
    "audit": ("interfaces.cli.audit:audit", "Prove an exported log whole and unchanged."),
    "projections": (
        "interfaces.cli.projections:projections",
        "See, rebuild and repair projections.",
    ),
    "processes": (
        "interfaces.cli.processes:processes",
        "See and repair processes and their deadlines.",
    ),
    "jobs": ("interfaces.cli.jobs:jobs", "See queues, and dead jobs, and run those again."),
    "keys": ("interfaces.cli.keys:keys", "Change the master key; replace a leaked signing key."),
    "simulate": (
        "interfaces.cli.simulate:simulate",
        "Run and steer the simulators of outside systems.",
    ),
    "demo": ("interfaces.cli.demo.command:demo", "Play a show that sells, on a running server."),
    "users": ("interfaces.cli.users:users", "See accounts, and give and take roles."),
    "token": ("interfaces.cli.token:token", "Print an access token for local use."),
    "settings": (
        "interfaces.cli.settings:settings",
        "List every setting with its default and purpose.",
    ),
    "bench": (
        "interfaces.cli.bench:bench",
        "Measure this machine against baselines of the same run.",
    ),
}


class LazyGroup(click.Group):
    """Imports a command's module only when that command runs: `live --help` is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="live-commerce")
def live() -> None:
    """Live selling: broadcast, chat and buy while you watch.

    \b
    Start here:
      live serve                     everything, with nothing configured
      live token --role host         a bearer token to try it with
      live events tail --follow      what happens, as it happens

    Settings are environment variables: see `live settings`.
    """


def main(arguments: Sequence[str] | None = None) -> Any:
    """`arguments`: left out, those the process was started with.

    Ends with 0, with 1 and one line when something went wrong, with 2 when it was asked wrongly
    or a setting cannot be used. LIVE_LOG_LEVEL=debug shows where an error came from."""
    try:
        return live(arguments, prog_name="live")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("LIVE_LOG_LEVEL") == "debug":
            raise
        click.echo(f"live: {_one_line(error)}", err=True)
        sys.exit(2 if type(error).__name__ == "SettingError" else 1)


def _one_line(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    ours = type(error).__module__.startswith(("infrastructure.", "interfaces.", "application."))
    return text if ours and " " in text else f"{type(error).__name__}: {text}"
