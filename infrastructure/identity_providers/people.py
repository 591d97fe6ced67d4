"""What providers say of a person, brought to what we take."""

from domain.identity.values import EMAIL_CHARACTERS, NAME_CHARACTERS
from domain.text import tidied


def name_of(said: object) -> str | None:
    """Without control characters, shortened; None when nothing is left."""
    return tidied(said, limit=NAME_CHARACTERS) if isinstance(said, str) else None


def email_of(said: object) -> str | None:
    """Their address if it can be one."""
    if not isinstance(said, str) or len(said) > EMAIL_CHARACTERS or said.count("@") != 1:
        return None
    fits = said.isprintable() and " " not in said
    return said if fits and not said.startswith("@") and not said.endswith("@") else None
