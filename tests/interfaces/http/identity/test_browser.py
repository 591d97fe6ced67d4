"""The cookie that tells the browser a web sign-in was started in."""

from http.cookies import SimpleCookie

import pytest

from interfaces.http.identity.browser import BrowserBinding


def sent_back(*set_cookies: str) -> str:
    """The Cookie header of a browser that was sent these."""
    held = SimpleCookie("; ".join(header.partition(";")[0] for header in set_cookies))
    return "; ".join(f"{name}={morsel.value}" for name, morsel in held.items())


@pytest.mark.parametrize("secure", [True, False])
def test_browser_that_started_is_known_again_and_no_other(secure: bool) -> None:
    binding = BrowserBinding(secure=secure)
    cookies = sent_back(binding.bind("one"), binding.bind("two"))
    assert binding.holds(cookies, "one")
    assert binding.holds(f"other=1; {cookies}", "two")
    assert not binding.holds(cookies, "three")
    assert not binding.holds("", "one")
    assert not binding.holds("\x00;;=", "one")


def test_cookie_survives_apple_s_form_post_and_belongs_to_this_host_alone() -> None:
    header = BrowserBinding(secure=True).bind("one")
    assert header.startswith("__Host-")
    assert header.endswith("; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=None")


def test_cookie_goes_once_the_browser_is_back() -> None:
    binding = BrowserBinding(secure=False)
    name = binding.bind("one").partition("=")[0]
    assert binding.release("one").startswith(f"{name}=; Max-Age=0; ")


def test_cookie_does_not_hold_the_state() -> None:
    assert "planted-state" not in BrowserBinding(secure=True).bind("planted-state")
