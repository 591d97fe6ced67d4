"""`live keys`: what is sealed by the master key, after that has changed."""

import click
from cryptography.fernet import MultiFernet

from infrastructure.event_store.rewrapping import rewrap_person_keys
from infrastructure.identity.signing_key_table import SigningKeyTable
from infrastructure.vault import SqlVault, master_keys
from interfaces.cli.opening import log_store, run


@click.group()
def keys() -> None:
    """Change the master key.

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


async def _reseal() -> None:
    async with log_store() as store:
        known = master_keys(store.settings)
        secrets = await SqlVault(store.engine, known).reseal()
        signing = await SigningKeyTable(store.engine, known).reseal()
        persons = await rewrap_person_keys(store.engine, MultiFernet(known))
    click.echo(f"secrets\t{secrets}\nsigning\t{signing}\npersons\t{persons}")
