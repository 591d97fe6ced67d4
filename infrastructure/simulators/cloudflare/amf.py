"""AMF0, the value format of RTMP commands (Adobe, Action Message Format AMF 0, 2007)."""

import struct
from typing import Any

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED = 0, 1, 2, 3, 5, 6
_ECMA_ARRAY, _OBJECT_END, _STRICT_ARRAY, _DATE, _LONG_STRING = 8, 9, 10, 11, 12
_DEEPEST = 8


class AmfError(Exception):
    """The bytes are not AMF0, or not of the kinds that encoders send."""


def decode(data: bytes) -> list[Any]:
    """All values in `data`. Objects and ECMA arrays become dicts. Raises `AmfError`."""
    reader = _Reader(data)
    values = []
    try:
        while reader.at < len(data):
            values.append(reader.value(0))
    except (struct.error, UnicodeDecodeError) as problem:
        raise AmfError(str(problem)) from problem
    return values


def encode(*values: Any) -> bytes:
    """None, booleans, numbers, strings and flat dicts of these."""
    return b"".join(_encode(value) for value in values)


def _encode(value: Any) -> bytes:
    match value:
        case None:
            return bytes([_NULL])
        case bool():
            return bytes([_BOOLEAN, value])
        case int() | float():
            return struct.pack(">Bd", _NUMBER, value)
        case str():
            return bytes([_STRING]) + _name(value)
        case dict():
            pairs = b"".join(_name(name) + _encode(held) for name, held in value.items())
            return bytes([_OBJECT]) + pairs + bytes([0, 0, _OBJECT_END])
        case _:
            raise TypeError(f"no AMF0 form for {type(value).__name__}")


def _name(text: str) -> bytes:
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise AmfError("nested too deeply")
        (kind,) = self._unpack(">B")
        match kind:
            case 0:
                return self._unpack(">d")[0]
            case 1:
                return bool(self._unpack(">B")[0])
            case 2:
                return self._text(">H")
            case 12:
                return self._text(">I")
            case 11:
                return self._unpack(">dh")[0]
            case _:
                return self._compound(kind, depth)

    def _compound(self, kind: int, depth: int) -> Any:
        if kind in {_NULL, _UNDEFINED}:
            return None
        if kind == _OBJECT:
            return self._pairs(depth)
        if kind == _ECMA_ARRAY:
            self._unpack(">I")
            return self._pairs(depth)
        if kind == _STRICT_ARRAY:
            (count,) = self._unpack(">I")
            return [self.value(depth + 1) for _ in range(min(count, len(self._data)))]
        raise AmfError(f"unexpected kind {kind}")

    def _pairs(self, depth: int) -> dict[str, Any]:
        pairs: dict[str, Any] = {}
        while True:
            name = self._text(">H")
            if not name and self._data[self.at : self.at + 1] == bytes([_OBJECT_END]):
                self.at += 1
                return pairs
            pairs[name] = self.value(depth + 1)

    def _text(self, width: str) -> str:
        (length,) = self._unpack(width)
        text = self._data[self.at : self.at + length]
        if len(text) < length:
            raise AmfError("cut off")
        self.at += length
        return text.decode()

    def _unpack(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form, self._data, self.at)
        self.at += struct.calcsize(form)
        return values
