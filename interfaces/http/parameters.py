"""Parameters many routes share."""

from typing import Annotated

from litestar.params import PathParameter, QueryParameter

from interfaces.http.validation import FieldError, InvalidInput

UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_EXAMPLE = "019a1c0e-7c1f-7b5e-9d3a-2f4b6c8d0e1f"

_SUCH = f"A UUID, such as {_EXAMPLE}."

Id = Annotated[str, PathParameter(pattern=UUID, max_length=36, description=_SUCH)]
IdQuery = Annotated[str | None, QueryParameter(pattern=UUID, max_length=36, description=_SUCH)]

_MOST_DIGITS = 19


def whole(field: str, sent: str, *, least: int = 0, most: int = 2**63 - 1) -> int:
    """A whole number in plain digits. Raises `InvalidInput`."""
    if not (sent.isascii() and sent.isdigit()):
        raise InvalidInput(FieldError(field, "wrong_type", expected="int"))
    if len(sent) > _MOST_DIGITS or int(sent) > most:
        raise InvalidInput(FieldError(field, "too_large", bound=str(most)))
    if int(sent) < least:
        raise InvalidInput(FieldError(field, "too_small", bound=str(least)))
    return int(sent)
