"""All routes of the identity context."""

from interfaces.http.identity import (
    erasure_status,
    keys,
    native,
    opening,
    personal_data,
    profile,
    sessions,
    sign_in_page,
    users,
    web,
)

ROUTES = [
    *opening.ROUTES,
    *native.ROUTES,
    *web.ROUTES,
    *sessions.ROUTES,
    *profile.ROUTES,
    *personal_data.ROUTES,
    *users.ROUTES,
]
PAGES = [*keys.ROUTES, *erasure_status.ROUTES, *sign_in_page.ROUTES]
