"""How the text of a setting is read and checked. Each reader raises `ValueError`, in one line that
shows nothing of an address: it may hold a password."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


def path(raw: str) -> Path:
    try:
        return Path(raw).expanduser()
    except RuntimeError:
        raise ValueError("must be a folder; nobody here has that home") from None


def names(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def origins(raw: str) -> tuple[str, ...]:
    """As browsers send them: anything else would never match."""
    found = names(raw)
    for origin in found:
        parts = urlsplit(http_url(origin))
        if origin != f"{parts.scheme}://{parts.netloc}" or origin != origin.lower():
            raise ValueError("must be origins such as https://shop.example, without a path")
    return found


def redirects(raw: str) -> tuple[str, ...]:
    """Where people may be sent back to: web addresses, or an app's own scheme. Nothing a browser
    would run, and nothing that could be told apart only by its query."""
    found = names(raw)
    for address in found:
        _check_port(address)
        parts = urlsplit(address)
        unfit = parts.query or parts.fragment or "@" in parts.netloc or not parts.netloc
        if unfit or parts.scheme in {"", "javascript", "data", "file", "blob"}:
            raise ValueError("must be addresses such as https://shop.example/in or shop-app://in")
    return found


def graph_version(raw: str) -> str:
    if not re.fullmatch(r"v[0-9]{1,3}\.[0-9]", raw):
        raise ValueError("must be a Graph API version such as v25.0")
    return raw


def whole(low: int, high: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        problem = f"must be a whole number from {low} to {high}"
        try:
            value = int(raw)
        except ValueError:
            raise ValueError(problem) from None
        if not low <= value <= high:
            raise ValueError(problem)
        return value

    return read


def seconds(low: float, high: float) -> Callable[[str], float]:
    def read(raw: str) -> float:
        problem = f"must be a number of seconds from {low:g} to {high:g}"
        try:
            value = float(raw)
        except ValueError:
            raise ValueError(problem) from None
        if not low <= value <= high:
            raise ValueError(problem)
        return value

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if raw not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return raw

    return read


def database_url(raw: str) -> str:
    """Empty: an SQLite file in the state folder."""
    if not raw:
        return raw
    try:
        url = make_url(raw)
    except (ArgumentError, ValueError):
        raise ValueError(
            "must be a database address such as mysql+asyncmy://user@host/name"
        ) from None
    if url.drivername not in {"mysql+asyncmy", "mariadb+asyncmy", "sqlite+aiosqlite"}:
        raise ValueError(
            "must start with mysql+asyncmy://, mariadb+asyncmy:// or sqlite+aiosqlite://"
        )
    return raw


def redis_url(raw: str) -> str:
    """Empty: a private Redis is started."""
    if raw and not raw.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must start with redis://, rediss:// or unix://")
    _check_port(raw)
    return raw


def http_url(raw: str) -> str:
    if raw and not raw.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    if raw and not _check_port(raw):
        raise ValueError("must name a host")
    return raw.rstrip("/")


def _check_port(raw: str) -> str | None:
    """The host, of an address whose port is a number. Raises `ValueError` that shows nothing of
    the address, which may hold a password."""
    try:
        parts = urlsplit(raw)
        _ = parts.port
    except ValueError:
        raise ValueError("must be an address with a number for its port") from None
    return parts.hostname
