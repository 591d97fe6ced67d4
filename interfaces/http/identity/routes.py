"""All routes of the identity context."""

from interfaces.http.identity import (
    erasure_status,
    native,
    opening,
    sessions,
    web,
)

ROUTES = [
    *opening.ROUTES,
    *native.ROUTES,
    *web.ROUTES,
    *sessions.ROUTES,
]
PAGES = [*erasure_status.ROUTES]
