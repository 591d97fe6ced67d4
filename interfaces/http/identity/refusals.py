"""What signing in is refused for at the edge."""

from typing import Any

from interfaces.http.refusals import Refusal
from interfaces.http.validation import FieldError


class InvalidSignInCode(Refusal):
    """Not given out, used before, or too old: which of these is not told."""

    code = "invalid_sign_in_code"
    status = 401


class SignInExpired(Refusal):
    """Nobody here is in the middle of such a sign-in, or not in this browser."""

    code = "sign_in_expired"
    status = 400


class RedirectNotAllowed(Refusal):
    code = "redirect_not_allowed"
    status = 422

    def __init__(self, **fields: Any) -> None:
        wrong = FieldError("redirect_uri", "redirect_not_allowed")
        super().__init__(errors=(wrong,), **fields)
