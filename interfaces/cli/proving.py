"""Proves a sealed export of the log against signed checkpoints: no database, no settings.

Imports nothing of ours, so that an auditor can read and run this one file with `cryptography`
alone: python proving.py LOG CHECKPOINTS PUBLIC_KEY
"""

import json
import sys
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

HEADER = (
    "position",
    "stream",
    "version",
    "type",
    "schema_version",
    "recorded_us",
    "event_id",
    "command_id",
    "correlation_id",
    "causation_id",
    "actor",
    "trace_id",
)  # what a record's hash covers besides its payload, in this order
_GENESIS = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UnusableProof(Exception):
    """The key or a checkpoint cannot be read. The text is one line."""


@dataclass(frozen=True)
class Checkpoint:
    """What was signed: at `position` the log's hash was `hash` (hex)."""

    position: int
    hash: str
    signed_us: int
    signature: bytes


@dataclass(frozen=True)
class Proof:
    """`events` from position 1 on are as they were hashed; `first_broken` is the first that is
    missing, was changed, or does not follow on the one before. `sealed_upto` is the last position
    whose checkpoint holds: what comes after it is vouched for by the chain alone.
    `false_checkpoints` are the positions where the signature or the log's hash differs.
    """

    intact: bool
    events: int
    first_broken: int | None
    head_hash: str
    sealed_upto: int
    false_checkpoints: tuple[int, ...]


def prove(log: Path, checkpoints: Path, public_key: Path) -> Proof:
    """`checkpoints`: a file, or a folder of `*.json`. Raises `UnusableProof` and `OSError`."""
    key = _load_key(public_key)
    signed = _load_checkpoints(checkpoints)
    genuine = [checkpoint for checkpoint in signed if _is_genuine(checkpoint, key)]
    with log.open("rb") as lines:
        events, broken, head, found = _follow(lines, {each.position for each in genuine})
    end = max((each.position for each in genuine), default=0)
    if broken is None and end > events:
        broken = events + 1
    holding = {each.position for each in genuine if found.get(each.position) == each.hash}
    reached = {each.position for each in genuine if each.position <= events}
    forged = {each.position for each in signed if each not in genuine}
    false = tuple(sorted(forged | (reached - holding)))
    return Proof(
        intact=broken is None and not false,
        events=events,
        first_broken=broken,
        head_hash=head.hex(),
        sealed_upto=max(holding, default=0),
        false_checkpoints=false,
    )


def _follow(
    lines: Iterable[bytes], kept: set[int]
) -> tuple[int, int | None, bytes, dict[int, str]]:
    """The last good position, the first broken one, the last good hash, and those at `kept`."""
    position, previous, found = 0, _GENESIS, dict[int, str]()
    for line in lines:
        digest = _checked(line, position + 1, previous)
        if digest is None:
            return position, position + 1, previous, found
        position, previous = position + 1, digest
        if position in kept:
            found[position] = digest.hex()
    return position, None, previous, found


def _checked(line: bytes, position: int, previous: bytes) -> bytes | None:
    """SHA-256 of: previous hash, header as compact JSON array, LF, payload; None: not this one."""
    try:
        record: dict[str, Any] = json.loads(line)
        fields = [record[name] for name in HEADER]
        header = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
        payload = b64decode(record["payload"], validate=True)
        stated = bytes.fromhex(record["hash"])
    except (ValueError, KeyError, TypeError):
        return None
    digest = sha256(b"%b%b\n%b" % (previous, header, payload)).digest()
    return digest if record["position"] == position and digest == stated else None


def _is_genuine(checkpoint: Checkpoint, key: Ed25519PublicKey) -> bool:
    content = f"{checkpoint.position}\n{checkpoint.hash}\n{checkpoint.signed_us}\n"
    try:
        key.verify(checkpoint.signature, b"live-commerce log checkpoint v1\n" + content.encode())
    except InvalidSignature:
        return False
    return True


def _load_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise UnusableProof(f"{path} holds no Ed25519 public key in PEM")
    return key


def _load_checkpoints(path: Path) -> list[Checkpoint]:
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise UnusableProof(f"{path} holds no checkpoint: without one a log cut short looks whole")
    return [_load_checkpoint(file) for file in files]


def _load_checkpoint(path: Path) -> Checkpoint:
    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
        return Checkpoint(
            position=int(told["position"]),
            hash=str(told["hash"]),
            signed_us=(datetime.fromisoformat(told["signed_at"]) - _EPOCH)
            // timedelta(microseconds=1),
            signature=bytes.fromhex(told["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        raise UnusableProof(f"{path} is no checkpoint of a log") from None


def main(arguments: Sequence[str]) -> int:
    """0: intact; 1: it is not, or nothing could be proved; 2: asked wrongly."""
    try:
        log, checkpoints, public_key = map(Path, arguments)
    except ValueError:
        sys.stderr.write("usage: python proving.py LOG CHECKPOINTS PUBLIC_KEY\n")
        return 2
    try:
        found = prove(log, checkpoints, public_key)
    except (UnusableProof, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(asdict(found), indent=2) + "\n")
    return 0 if found.intact else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
