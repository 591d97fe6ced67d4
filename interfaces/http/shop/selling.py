"""What the routes of those who sell goods have in common."""

from typing import Any

from interfaces.http.auth import only
from interfaces.http.request import ApiRequest

SELLER = only("merchant", "host", "admin")
_ADMIN = "admin"


def as_seller(request: ApiRequest) -> dict[str, Any]:
    """Who asks. Whether the goods are theirs is for the domain to say."""
    caller = request.caller
    return {"by": caller.user_id, "as_admin": _ADMIN in caller.roles}


def may_sell(request: ApiRequest, merchant_id: str) -> bool:
    """Whether the caller, if there is one, is that merchant or an admin."""
    caller = request.exchange.caller
    return caller is not None and (caller.user_id == merchant_id or _ADMIN in caller.roles)
