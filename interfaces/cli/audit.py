"""`live audit`: what auditors check for themselves."""

from pathlib import Path

import click
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infrastructure.embedded.surroundings import completed
from infrastructure.event_store.checkpoints import load_checkpoint_key
from infrastructure.settings import load_settings
from interfaces.cli.output import show_json
from interfaces.cli.proving import prove as prove_log

_READABLE = click.Path(exists=True, path_type=Path)


class NotProved(Exception):
    """The exported log is not what was signed. The text is one line."""


@click.group()
def audit() -> None:
    """Prove an exported log whole and unchanged, without the database.

    \b
    live audit key > key.pem
    live events export --format sealed --to sealed.ndjson
    live audit prove --log sealed.ndjson --checkpoints checkpoints/ --public-key key.pem
    """


@audit.command()
def key() -> None:
    """Print the public key that checkpoints are checked with."""
    private = load_checkpoint_key(completed(load_settings()).checkpoint_key)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    click.echo(pem.decode(), nl=False)


@audit.command()
@click.option("--log", type=_READABLE, required=True, help="A sealed export.")
@click.option("--checkpoints", type=_READABLE, required=True, help="A file, or a folder of them.")
@click.option("--public-key", type=_READABLE, required=True, help="From `live audit key`, in PEM.")
def prove(log: Path, checkpoints: Path, public_key: Path) -> None:
    """Check a sealed export against signed checkpoints; needs neither database nor settings."""
    found = prove_log(log, checkpoints, public_key)
    show_json(found)
    if found.first_broken is not None:
        raise NotProved(f"the log is broken at position {found.first_broken}")
    if not found.intact:
        raise NotProved(f"checkpoint and log differ at position {found.false_checkpoints[0]}")
