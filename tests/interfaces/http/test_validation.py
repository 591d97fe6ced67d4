from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given

from interfaces.http.paging import read_cursor, write_cursor
from interfaces.http.validation import FieldError, InvalidInput, MalformedJson, decode
from tests.support.any_json import JSON


class Line(msgspec.Struct, forbid_unknown_fields=True):
    sku: str
    quantity: Annotated[int, msgspec.Meta(gt=0, le=99)] = 1


class Order(msgspec.Struct, forbid_unknown_fields=True):
    method: Literal["home", "cvs"]
    note: Annotated[str, msgspec.Meta(min_length=2, max_length=5)] = "--"
    lines: list[Line] = []


def errors(body: bytes) -> set[tuple[str, str, str]]:
    with pytest.raises(InvalidInput) as refused:
        decode(body, Order)
    return {(error.field, error.code, error.bound) for error in refused.value.errors}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{}", {("method", "missing", "")}),
        (b'{"method": "post"}', {("method", "not_one_of", "")}),
        (b'{"method": "home", "note": "x"}', {("note", "too_short", "2")}),
        (b'{"method": "home", "note": "xxxxxx"}', {("note", "too_long", "5")}),
        (
            b'{"method": "home", "lines": [{"sku": "a", "quantity": 0}]}',
            {("lines[0].quantity", "too_small", "1")},
        ),
        (
            b'{"method": "home", "lines": [{"sku": "a"}, {"sku": 2}]}',
            {("lines[1].sku", "wrong_type", "")},
        ),
        (b'{"method": "home", "lines": [{}]}', {("lines[0].sku", "missing", "")}),
        (
            b'{"method": "home", "lines": [{"sku": "a", "qty": 1}]}',
            {("lines[0].qty", "unknown_field", "")},
        ),
        (
            b'{"method": 1, "note": 2, "extra": 3}',
            {
                ("method", "wrong_type", ""),
                ("note", "wrong_type", ""),
                ("extra", "unknown_field", ""),
            },
        ),
        (b'{"method": "home", "note": "a\\u0007b"}', {("note", "control_character", "")}),
        (b"[]", {("", "wrong_type", "")}),
    ],
)
def test_every_wrong_field_is_named_by_its_path(
    body: bytes, expected: set[tuple[str, str, str]]
) -> None:
    assert errors(body) == expected


def test_line_ends_and_tabs_are_welcome_in_texts() -> None:
    assert decode(b'{"method": "home", "note": "a\\n\\tb"}', Order).note == "a\n\tb"


@given(JSON)
def test_any_json_is_either_read_or_refused_with_fields(value: object) -> None:
    try:
        decode(msgspec.json.encode(value), Order)
    except InvalidInput as refused:
        named = refused.errors
    else:
        named = (FieldError("", "none"),)
    assert named


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a":' * 9000])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        decode(body, Order)


def test_cursor_reads_back_in_its_own_list_only() -> None:
    cursor = write_cursor("shows/live", (1.5, "an id"))
    assert read_cursor("shows/live", cursor, tuple[float, str]) == (1.5, "an id")
    with pytest.raises(InvalidInput):
        read_cursor("shows/ended", cursor, tuple[float, str])


@pytest.mark.parametrize("cursor", ["", "x", "====", "é", "A" * 5000, "\x00", "W10="])
def test_cursor_we_never_made_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_cursor("shows", cursor, tuple[float, str])
    assert refused.value.errors == (FieldError("cursor", "bad_cursor"),)
