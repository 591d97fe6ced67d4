"""Reads request bodies strictly and says, field by field, what is wrong with them."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_NAMED = re.compile(r"field `([^`]*)`")
_BOUND = re.compile(r"(>=|<=|>|<) (-?[\d.]+)")
_EXPECTED = re.compile(r"^Expected `([^`]+)`")
_ESCAPED_CONTROL = re.compile(rb"\\(?:u00[01]|[bf])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST_FIELD = 200


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field. `field` is its path, empty for the whole body; `bound` and
    `expected` fill the message."""

    field: str
    code: str
    bound: str = ""
    expected: str = ""


class MalformedJson(Exception):
    """The body is not JSON at all."""


class InvalidInput(Exception):
    """Some fields are not as they should be."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("invalid input")
        self.errors = errors


def decode(body: bytes, wanted: type[msgspec.Struct]) -> Any:
    """Raises `MalformedJson` or `InvalidInput`, with an error for every field that is wrong."""
    try:
        value = msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        raise InvalidInput(*_every_error(body, wanted, str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedJson from None
    # JSON holds control characters escaped only (RFC 8259 §7), so most bodies need no second look.
    if _ESCAPED_CONTROL.search(body):
        _refuse_control_characters(body)
    return value


def field_error(message: str, field: str = "") -> FieldError:
    """Turns a text of msgspec's into a field error; `field` is where the value stood."""
    place = _PATH.search(message)
    inner = place[1] if place else ""
    path = f"{field}.{inner}" if field and inner and not inner.startswith("[") else field + inner
    named = _NAMED.search(message)
    if named:
        path = f"{path}.{named[1]}" if path else named[1]
    bound = _BOUND.search(message)
    expected = _EXPECTED.match(message)
    return FieldError(
        path[:_LONGEST_FIELD],
        _code(message),
        bound=_inclusive(bound[1], bound[2]) if bound else "",
        expected=expected[1].replace(" | null", "") if expected else "",
    )


_CODES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^Object missing required field"), "missing"),
    (re.compile(r"^Object contains unknown field"), "unknown_field"),
    (re.compile(r"^Invalid enum value"), "not_one_of"),
    (re.compile(r"of length <"), "too_long"),
    (re.compile(r"of length >"), "too_short"),
    (re.compile(r"^Expected `[^`]+` <"), "too_large"),
    (re.compile(r"^Expected `[^`]+` >"), "too_small"),
    (re.compile(r"out of range"), "out_of_range"),
    (re.compile(r"^Expected `[^`]+`, got"), "wrong_type"),
)


def _code(message: str) -> str:
    return next((code for pattern, code in _CODES if pattern.search(message)), "malformed")


def _inclusive(sign: str, number: str) -> str:
    """msgspec says `> 0` of an exclusive bound; people are told the first value that is fine."""
    if sign in {"<=", ">="} or "." in number:
        return number
    return str(int(number) + (1 if sign == ">" else -1))


def _every_error(body: bytes, wanted: type[msgspec.Struct], first: str) -> list[FieldError]:
    """msgspec stops at the first error; whoever fills a form wants them all."""
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedJson from None
    if not isinstance(raw, dict):
        return [field_error(first)]
    return list(_struct_errors(raw, wanted)) or [field_error(first)]


def _struct_errors(raw: dict[str, Any], wanted: type[msgspec.Struct]) -> Iterator[FieldError]:
    known = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    for name in raw:
        if name not in known:
            yield FieldError(name[:_LONGEST_FIELD], "unknown_field")
    for name, field in known.items():
        if name not in raw:
            if field.required:
                yield FieldError(name, "missing")
            continue
        try:
            msgspec.convert(raw[name], field.type)
        except msgspec.ValidationError as error:
            yield field_error(str(error), name)


def _refuse_control_characters(body: bytes) -> None:
    errors = [
        FieldError(path, "control_character") for path in _controls(msgspec.json.decode(body))
    ]
    if errors:
        raise InvalidInput(*errors)


def _controls(value: Any, path: str = "") -> Iterator[str]:
    """Paths of texts that hold control characters other than tab and line ends."""
    if isinstance(value, str):
        if _CONTROL.search(value):
            yield path[:_LONGEST_FIELD]
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _controls(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _controls(member, f"{path}[{index}]")
