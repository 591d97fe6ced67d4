"""Where a web sign-in may end."""

import msgspec
import pytest

from infrastructure.settings import load_settings
from interfaces.http.identity.redirects import (
    Redirects,
    open_redirects,
    opens_in_a_browser,
    with_parameters,
)

ALLOWED = (
    "https://shop.example",
    "https://h5.example:8443/in",
    "shop-app://in",
    "http://127.0.0.1",
)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://shop.example",
        "https://shop.example/",
        "https://shop.example/signed-in?from=home",
        "https://shop.example:443/signed-in",
        "HTTPS://Shop.Example/signed-in",
        "https://h5.example:8443/in",
        "https://h5.example:8443/in/line",
        "shop-app://in",
        "shop-app://in/line",
        "http://127.0.0.1:49152/done",
    ],
)
def test_registered_address_is_allowed(redirect_uri: str) -> None:
    assert Redirects(ALLOWED).allow(redirect_uri)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "",
        "/signed-in",
        "//shop.example/",
        "https:///shop.example",
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "https://evil.example/https://shop.example",
        "https://shop.example@evil.example/",
        "https://shop.example:443@evil.example/",
        "https://user:word@shop.example/",
        "https://evil.example\\@shop.example/",
        "https://evil.example#@shop.example/",
        "https://shop.example/#in",
        "https://shop.example:8443/",
        "https://shop.example:99999/",
        "https://shop.example:x/",
        "http://shop.example/",
        "https://xshop.example/",
        "https://shop.example./",
        "https://shop.example%2eevil.example/",
        "https://shop。example/",
        "https://shop.example\t.evil.example/",
        " https://shop.example/",
        "https://shop.example/\r\nSet-Cookie: a=b",
        "https://h5.example:8443/",
        "https://h5.example:8443/inside",
        "https://h5.example:8443/in/../out",
        "https://h5.example:8443/in/%2e%2e/out",
        "https://h5.example:8443/in/..%2fout",
        "https://h5.example/in",
        "shop-app://out",
        "shop-apps://in",
        "shop-app:in",
        "other-app://in",
        "javascript://shop.example/%0aalert()",
        "data:text/html,hello",
        "http://127.0.0.2/",
        "http://localhost/",
        "https://shop.example/" + "a" * 500,
    ],
)
def test_any_other_address_is_refused(redirect_uri: str) -> None:
    assert not Redirects(ALLOWED).allow(redirect_uri)


def test_our_own_address_is_one_in_development_only() -> None:
    ours = {
        "LIVE_PUBLIC_URL": "https://live.example",
        "LIVE_SIGN_IN_REDIRECTS": "https://shop.example",
    }
    trying = load_settings({**ours, "LIVE_ENV": "development"})
    assert open_redirects(trying).allow("https://live.example/sign-in/done")
    serving = open_redirects(msgspec.structs.replace(trying, env="production"))
    assert not serving.allow("https://live.example/sign-in/done")
    assert not serving.allow("http://127.0.0.1:3000/")
    assert serving.allow("https://shop.example/in")


def test_our_parameters_take_the_place_of_those_of_the_same_name() -> None:
    made = with_parameters("https://shop.example/in?code=planted&from=a%26b", code="a b", state="s")
    assert made == "https://shop.example/in?from=a%26b&code=a+b&state=s"


def test_an_app_s_own_scheme_opens_no_browser() -> None:
    assert opens_in_a_browser("https://shop.example/in")
    assert not opens_in_a_browser("shop-app://in")
