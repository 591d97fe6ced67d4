"""`live keys`: sealing anew after the master key has changed; a signing key that leaked."""

import time

import click
from cryptography.fernet import MultiFernet

from infrastructure.event_store.rewrapping import rewrap_person_keys
from infrastructure.identity.signing_key_table import SigningKeyTable
from infrastructure.vault import SqlVault, master_keys
from interfaces.cli.opening import log_store, run


@click.group()
def keys() -> None:
    """Change the master key, or replace a signing key that leaked.

    \b
    1. LIVE_MASTER_KEY=<new>, LIVE_PREVIOUS_MASTER_KEYS=<old>, restart every role
    2. live keys reseal
    3. drop the old key from LIVE_PREVIOUS_MASTER_KEYS; backups still need it
    """


@keys.command()
def reseal() -> None:
    """Seal stream keys, signing keys and persons' keys with the present master key.

    May run beside the roles, and again when it was interrupted.
    """
    run(_reseal())


@keys.command()
def replace() -> None:
    """Refuse every access token there is, and sign with a new key from now on.

    For a signing key that leaked. Restart every role that serves requests afterwards: they
    remember keys and tokens. Nobody is signed out: clients come back with their refresh tokens.
    """
    run(_replace())


async def _replace() -> None:
    async with log_store() as store:
        table = SigningKeyTable(store.engine, master_keys(store.settings))
        dropped = await table.replace_all(now=time.time())
    click.echo(f"dropped\t{dropped}")


async def _reseal() -> None:
    async with log_store() as store:
        known = master_keys(store.settings)
        secrets = await SqlVault(store.engine, known).reseal()
        signing = await SigningKeyTable(store.engine, known).reseal()
        persons = await rewrap_person_keys(store.engine, MultiFernet(known))
    click.echo(f"secrets\t{secrets}\nsigning\t{signing}\npersons\t{persons}")
