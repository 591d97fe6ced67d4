"""`live settings`."""

import click

from infrastructure.settings import SETTINGS
from interfaces.cli.output import show_table


@click.command()
def settings() -> None:
    """List every setting: the environment variable, its default and its purpose.

    Those marked * must be set when LIVE_ENV=production.
    """
    rows = [
        (f"{setting.variable}{'*' * setting.required_in_production}", setting.default or "-",
         setting.purpose)
        for setting in SETTINGS.values()
    ]  # fmt: skip
    show_table(("variable", "default", "purpose"), rows)
