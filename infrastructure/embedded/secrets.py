"""Keys a development set-up needs, made once and kept in the state folder, readable by us alone."""

import base64
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infrastructure.settings import Secret


def kept_secret(var_dir: Path, name: str) -> Secret:
    """32 random bytes in URL-safe base64."""
    return Secret(_kept(var_dir, name, _random_text))


def kept_signing_key(var_dir: Path, name: str) -> Secret:
    """An Ed25519 private key in PEM."""
    return Secret(_kept(var_dir, name, _ed25519_pem))


def kept_apple_key(var_dir: Path, name: str) -> Secret:
    """An EC P-256 private key in PEM, as Apple hands one out."""
    return Secret(_kept(var_dir, name, _p256_pem))


def _kept(var_dir: Path, name: str, make: Callable[[], str]) -> str:
    path = var_dir / "keys" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(make())
        try:
            # Of several processes that start at once, one wins: link refuses an existing name.
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def _random_text() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def _ed25519_pem() -> str:
    return _pem(Ed25519PrivateKey.generate())


def _p256_pem() -> str:
    return _pem(ec.generate_private_key(ec.SECP256R1()))


def _pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
