"""Where a web sign-in may end: only at addresses that were registered."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from infrastructure.settings import Settings

LONGEST = 500
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")
# White space, control characters and what browsers read differently from us: `\` for `/`.
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]+")


class _Place(NamedTuple):
    """Compared part by part: text prefixes would let `https://shop.example.evil.example` in."""

    origin: str
    port: int | None
    path: str

    @property
    def any_port(self) -> bool:
        """A program on the person's own machine listens wherever it can (RFC 8252 §7.3)."""
        return self.origin in _LOOPBACK and self.port is None

    def covers(self, other: "_Place") -> bool:
        """Without a path of its own a place covers all of them, else what lies at or below it."""
        if self.origin != other.origin or not (self.any_port or self.port == other.port):
            return False
        folder = self.path.rstrip("/")
        return other.path == self.path or other.path.startswith(f"{folder}/") or not folder


class Redirects:
    """`allowed` are addresses such as `https://shop.example`, `https://shop.example/in`,
    `shop-app://in` or, for desktop apps, `http://127.0.0.1`."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._places = [place for address in allowed if (place := _read(address)) is not None]

    def allow(self, redirect_uri: str) -> bool:
        place = _read(redirect_uri)
        return place is not None and any(allowed.covers(place) for allowed in self._places)


def open_redirects(settings: Settings) -> Redirects:
    """In development everything on this machine is allowed too, for apps under construction, and
    our own address, for the page that tries signing in. Elsewhere no page of ours takes a code."""
    local = (settings.public_url, *_LOOPBACK) if settings.env == "development" else ()
    return Redirects((*settings.sign_in_redirects, *local))


def opens_in_a_browser(redirect_uri: str) -> bool:
    """Whether a browser goes there; an app's own scheme opens the app."""
    return urlsplit(redirect_uri).scheme in _PORTS


def is_loopback(address: str) -> bool:
    place = _read(address)
    return place is not None and place.origin in _LOOPBACK


def with_parameters(redirect_uri: str, **parameters: str) -> str:
    """Adds them to those it has; ours take the place of any of the same name."""
    parts = urlsplit(redirect_uri)
    kept = [
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in parameters
    ]
    query = urlencode([*kept, *parameters.items()])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _read(address: str) -> _Place | None:
    """None: not an address people can be sent to. No user info (`https://shop.example@evil/`), no
    fragment (the code would end behind it), no steps upward (they lead out of an allowed path)."""
    if len(address) > LONGEST or not _PLAIN.fullmatch(address) or "#" in address:
        return None
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname
    except ValueError:
        return None
    if not host or "@" in parts.netloc or _climbs(parts.path):
        return None
    named = f"[{host}]" if ":" in host else host
    usual = port == _PORTS.get(parts.scheme)
    return _Place(f"{parts.scheme}://{named}", None if usual else port, parts.path)


def _climbs(path: str) -> bool:
    steps = unquote(path).replace("\\", "/").split("/")
    return ".." in steps or "." in steps
