"""What operators are told of a fault says nothing of whom it happened on."""

import pytest
from asyncmy.errors import DataError as MySqlDataError
from sqlalchemy.exc import DataError

from infrastructure.faults import PlainFault, fault_text


def folded(name: str) -> None:
    raise ValueError(f"{name} cannot be folded")


def test_a_fault_is_told_by_its_kind_and_place_and_none_of_its_words() -> None:
    with pytest.raises(ValueError, match="Somchai") as raised:
        folded("Somchai")
    assert fault_text(raised.value) == "ValueError in folded"
    assert fault_text(KeyError(912_345_678)) == "KeyError"


def test_a_databases_fault_is_told_by_its_number() -> None:
    refused = DataError("INSERT", {}, MySqlDataError(1406, "Data too long for 'Somchai'"))
    assert fault_text(refused) == "DataError 1406"


def test_a_fault_in_our_own_words_is_told_in_them() -> None:
    assert fault_text(PlainFault("the event is unknown")) == "PlainFault: the event is unknown"
