"""Seals secrets with the master key, each bound to the name it stands under."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SecretUnreadable(Exception):
    """No master key we have opens the sealed secret, or it was sealed under another name."""


class Seal:
    """`keys`: the present master key first, then previous ones, which only open."""

    def __init__(self, keys: Sequence[Fernet]) -> None:
        self._present = keys[0]
        self._every = MultiFernet(keys)

    def close(self, name: str, secret: bytes) -> bytes:
        return self._present.encrypt(_bound_to(name) + secret)

    def open(self, name: str, sealed: bytes) -> bytes:
        """Raises `SecretUnreadable`: moved to another name, a secret is refused."""
        try:
            plain = self._every.decrypt(sealed)
        except InvalidToken:
            raise SecretUnreadable(f"no master key opens {name}") from None
        if not plain.startswith(_bound_to(name)):
            raise SecretUnreadable(f"what stands under {name} was stored under another name")
        return plain.removeprefix(_bound_to(name))

    def is_present(self, sealed: bytes) -> bool:
        """Whether the present key sealed it."""
        try:
            self._present.decrypt(sealed)
        except InvalidToken:
            return False
        return True


def _bound_to(name: str) -> bytes:
    return name.encode("ascii") + b"\0"
