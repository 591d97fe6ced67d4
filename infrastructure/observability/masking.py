"""Keeps secrets out of what people read: known secrets, secret-looking fields and texts.

A last line of defence. Secrets are not to be logged in the first place.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

MASK = "***"
_SHORTEST_SECRET = 6

_SECRET_FIELD = re.compile(
    r"(?:^|_|-)(?:authorization|cookie|credentials?|nonce|passphrase|passwd|password|pem|secret|"
    r"signature|token|verifier|webhook_auth)$|"
    r"(?:api|access|master|private|secret|signing|stream)_?key$|whip_url$",
    re.IGNORECASE,
)
# Where a secret shows by its surroundings. `\\` and `"` end one: a masked JSON line stays JSON.
_SECRET_TEXT = re.compile(
    r"(?P<bearer>\bBearer\s+)[\w.~+/=-]{8,}"
    r"|(?P<user>://[^\s/:@]*:)[^\s/@\\\"]+(?=@)"
    r"|(?P<query>[?&#](?:[a-z]+_){0,2}(?:token|signature|key|secret|passphrase|X-Amz-Signature|"
    r"code|state|nonce|verifier|proof|signed_request)=)[^&\s\"'\\]+"
    r"|(?P<rtmp>rtmps?://[^\s\"'\\]+/)[^\s\"'\\/]+"
    r"|(?P<whip>https?://[^\s\"'\\]+/)[^\s\"'\\/]+(?=/webRTC/publish)"
    r"|(?P<jwt>\beyJ)[\w-]+\.[\w-]+\.[\w-]+"
    r"|(?P<refresh>\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.)[\w-]{43}\.[\w-]{43}",
    re.IGNORECASE,
)


class _Known:
    """Secrets told to this process, and the one pattern that finds them."""

    def __init__(self) -> None:
        self.texts: set[str] = set()
        self.pattern: re.Pattern[str] | None = None


_KNOWN = _Known()


def hide(*secrets: str) -> None:
    """Has these texts masked wherever they appear, for the life of the process.

    For the process's own few secrets (settings); a stream's keys are too many to be told here.
    """
    for secret in secrets:
        _KNOWN.texts.update(part for part in _spellings(secret) if len(part) >= _SHORTEST_SECRET)
    longest_first = sorted(_KNOWN.texts, key=len, reverse=True)
    _KNOWN.pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def hide_secrets_of(settings: msgspec.Struct) -> None:
    """Hides each `Secret` of the settings, each of several, and the passwords of addresses."""
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        text = getattr(value, "text", value)
        if text is not value:
            hide(text, *text.split(","))
        elif isinstance(text, str):
            hide(*re.findall(r"://[^\s/:@]*:([^\s/@]+)@", text))


def mask_text(text: str) -> str:
    if _KNOWN.pattern:
        text = _KNOWN.pattern.sub(MASK, text)
    return _SECRET_TEXT.sub(_keep_the_head, text)


def mask_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Masks by field name, at any depth."""
    return {
        name: MASK if value and _SECRET_FIELD.search(name) else _mask_value(value)
        for name, value in fields.items()
    }


def _mask_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return mask_fields({str(name): inner for name, inner in value.items()})
    if isinstance(value, list | tuple):
        return [_mask_value(inner) for inner in value]
    return value


def _keep_the_head(found: re.Match[str]) -> str:
    return f"{found.group(found.lastgroup or 0)}{MASK}"


def _spellings(secret: str) -> Iterator[str]:
    """As it is, as JSON escapes it, and line by line (a PEM may be printed in part)."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield from (line for line in secret.splitlines() if not line.startswith("-----"))
