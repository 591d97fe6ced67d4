"""Every route of the live room."""

from typing import Any

from interfaces.http.room import messages, moderating, rules, watching

ROUTES: list[Any] = [
    *messages.ROUTES,
    *rules.ROUTES,
    *moderating.ROUTES,
    *watching.ROUTES,
]
