"""Which browser a web sign-in was started in: it alone may finish it.

An attacker can sign in at a provider as themselves, keep the address the provider sends them back
to, and have a victim's browser open it: the victim would then be signed in to the attacker's
account, and enter an address or a card there (login CSRF, RFC 6749 §10.12); with an attempt that
links, the victim's login would end up in the attacker's account. `state` alone does not help, since
the attacker knows it. So starting leaves a cookie in the browser, and coming back without it is
refused: an attacker can make a victim's browser open pages, but not hold our cookie of the
attacker's attempt.

The cookie holds a hash of `state`: nothing else is needed, for it is not its value that is secret
but its presence that proves. One cookie an attempt, so that two tabs do not spoil each other.

- `__Host-` keeps subdomains, where an attacker might have a foothold, from planting one; it wants
  `Secure`, `Path=/` and no `Domain`.
- Apple returns by a form that its page posts, across sites, and browsers leave cookies out of
  such requests unless they are `SameSite=None`. That weakens nothing here: other sites making the
  browser send the cookie is the normal case, what counts is that it is there. It is of no use for
  anything else, ends after ten minutes, and our API proper takes bearer tokens only.
- A page of the app's origin starts by `fetch(…, {credentials: "include"})`, when app and API share
  a site; an app of another site navigates to `/auth/{provider}/authorize` instead, which then
  answers with the redirect itself, so that the cookie is a first party's.
- An app with a scheme of its own may ask from outside the browser, where no cookie can be left. It
  needs none: the code goes to an app, which compares `state`, and PKCE between it and us shows
  that it is the one that asked. Linking needs the cookie even so, since our callback has linked
  before any app could compare.
- In development we are served over plain http, where `Secure` is not to be had in every browser:
  the cookie is then `SameSite=Lax`, which does for simulators on the same machine.
"""

import hashlib
import secrets
from http.cookies import CookieError, SimpleCookie

from application.identity.signing_in import ATTEMPT_SECONDS

_NAME = "live-sign-in"
_DIGITS = 8


class BrowserBinding:
    """`secure`: browsers reach us through TLS."""

    def __init__(self, *, secure: bool) -> None:
        self._prefix = f"__Host-{_NAME}" if secure else _NAME
        self._attributes = (
            "Path=/; HttpOnly; Secure; SameSite=None"
            if secure
            else "Path=/; HttpOnly; SameSite=Lax"
        )

    def bind(self, state: str) -> str:
        """The Set-Cookie header of a browser that starts."""
        name, value = self._cookie(state)
        return f"{name}={value}; Max-Age={ATTEMPT_SECONDS}; {self._attributes}"

    def release(self, state: str) -> str:
        """The Set-Cookie header of a browser that came back."""
        name, _ = self._cookie(state)
        return f"{name}=; Max-Age=0; {self._attributes}"

    def holds(self, cookies: str, state: str) -> bool:
        """Whether `cookies`, a Cookie header, come from the browser `state` was given to."""
        name, value = self._cookie(state)
        try:
            sent = SimpleCookie(cookies).get(name)
        except CookieError:
            return False
        return sent is not None and secrets.compare_digest(sent.value.encode(), value.encode())

    def _cookie(self, state: str) -> tuple[str, str]:
        digest = hashlib.sha256(state.encode()).hexdigest()
        return f"{self._prefix}-{digest[:_DIGITS]}", digest[_DIGITS:]
