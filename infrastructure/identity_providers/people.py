"""What providers say of a person, brought to what we take."""

import unicodedata

from domain.identity.values import NAME_CHARACTERS

_LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less its angle brackets


def name_of(said: object) -> str | None:
    """Without control characters, shortened; None when nothing is left."""
    if not isinstance(said, str):
        return None
    shown = "".join(each for each in said if unicodedata.category(each) not in {"Cc", "Cs"})
    return shown.strip()[:NAME_CHARACTERS].strip() or None


def email_of(said: object) -> str | None:
    """Their address if it can be one."""
    if not isinstance(said, str) or len(said) > _LONGEST_ADDRESS or said.count("@") != 1:
        return None
    fits = said.isprintable() and " " not in said
    return said if fits and not said.startswith("@") and not said.endswith("@") else None
