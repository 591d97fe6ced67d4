"""A sealed export proves itself with the public key and a checkpoint, and shows tampering."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infrastructure.event_store.checkpoints import Checkpoints
from interfaces.cli.main import main
from interfaces.cli.proving import Proof, UnusableProof, prove
from interfaces.cli.proving import main as prove_alone
from interfaces.cli.sealed import write_sealed
from tests.support.accounts import PayIn, create_tables, send, started_store

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
Lines = list[bytes]


@dataclass(frozen=True)
class Exported:
    """Twelve sealed records, the tenth of which bears a checkpoint."""

    log: Path
    checkpoints: Path
    key: Path

    def prove(self) -> Proof:
        return prove(self.log, self.checkpoints, self.key)

    def tamper(self, change: Callable[[Lines], Lines]) -> Proof:
        lines = self.log.read_bytes().splitlines(keepends=True)
        self.log.write_bytes(b"".join(change(lines)))
        return self.prove()


@pytest_asyncio.fixture
async def exported(mysql_url: str, tmp_path: Path) -> AsyncIterator[Exported]:
    made = Exported(tmp_path / "log", tmp_path / "checkpoints", tmp_path / "key.pem")
    made.checkpoints.mkdir()
    public = KEY.public_key()
    made.key.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    await create_tables(mysql_url)
    async with started_store(mysql_url) as (store, engine):
        for count in (10, 2):
            await asyncio.gather(
                *(send(store, PayIn(account=f"a{n}", amount=1)) for n in range(count))
            )
            if count == 10:
                signed = await Checkpoints(engine, store.log, KEY).sign()
                (made.checkpoints / "10.json").write_bytes(msgspec.json.encode(signed))
        with made.log.open("wb") as file:
            await write_sealed(store.log, file, 0)
    yield made


def test_untouched_export_is_proved(exported: Exported) -> None:
    found = exported.prove()
    assert (found.intact, found.events, found.sealed_upto) == (True, 12, 10)


def _changed(lines: Lines) -> Lines:
    record = json.loads(lines[6])
    record["payload"] = ("A" if record["payload"][0] != "A" else "B") + record["payload"][1:]
    return [*lines[:6], json.dumps(record).encode() + b"\n", *lines[7:]]


TAMPERED: dict[str, tuple[Callable[[Lines], Lines], int]] = {
    "byte changed": (_changed, 7),
    "first removed": (lambda lines: lines[1:], 1),
    "one removed": (lambda lines: lines[:6] + lines[7:], 7),
    "tail cut off": (lambda lines: lines[:8], 9),
    "two swapped": (lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]], 5),
    "line torn": (lambda lines: [*lines[:11], lines[11][:40]], 12),
}


@pytest.mark.parametrize("case", sorted(TAMPERED))
def test_tampering_is_located(exported: Exported, case: str) -> None:
    change, position = TAMPERED[case]
    found = exported.tamper(change)
    assert (found.intact, found.first_broken) == (False, position)


def test_rewritten_log_does_not_fit_its_checkpoint(exported: Exported) -> None:
    checkpoint = exported.checkpoints / "10.json"
    told = json.loads(checkpoint.read_bytes())
    checkpoint.write_text(json.dumps(told | {"hash": "00" * 32}))
    assert exported.prove().false_checkpoints == (10,)


def test_nothing_is_proved_without_a_checkpoint(exported: Exported) -> None:
    (exported.checkpoints / "10.json").unlink()
    with pytest.raises(UnusableProof):
        exported.prove()


def test_both_commands_say_by_their_end_whether_it_is_intact(exported: Exported) -> None:
    files = [str(exported.log), str(exported.checkpoints), str(exported.key)]
    options = ["--log", files[0], "--checkpoints", files[1], "--public-key", files[2]]
    assert prove_alone(files) == 0
    exported.tamper(lambda lines: lines[1:])
    assert prove_alone(files) == 1
    with pytest.raises(SystemExit) as ended:
        main(["audit", "prove", *options])
    assert ended.value.code == 1
