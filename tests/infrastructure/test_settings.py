"""A setting that cannot be used is named, and nothing of it is shown."""

import base64

import pytest

from infrastructure.setting_readers import http_url
from infrastructure.settings import SETTINGS, SettingError, load_settings


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "0"),
        ("LIVE_ALLOWED_ORIGINS", "https://shop.example/"),
        ("LIVE_ALLOWED_ORIGINS", "https://shop.example,shop.example"),
        ("LIVE_ALLOWED_ORIGINS", "*"),
        ("LIVE_REDIS_URL", "redis://:planted@redis:none/0"),
        ("LIVE_JOBS_REDIS_URL", "http://redis:6379"),
        ("LIVE_PUBLIC_URL", "https://"),
        ("LIVE_R2_ENDPOINT_URL", "https://planted:none"),
        ("LIVE_DATABASE_URL", "mysql+asyncmy://live:planted@mysql:none/live"),
        ("LIVE_DATABASE_URL", "postgresql://live:planted@db/live"),
        ("LIVE_MASTER_KEY", "planted"),
        ("LIVE_SWEEP_SECONDS", "nan"),
        ("LIVE_SIGN_IN_REDIRECTS", "shop.example"),
        ("LIVE_SIGN_IN_REDIRECTS", "javascript://shop.example/%0aplanted()"),
        ("LIVE_SIGN_IN_REDIRECTS", "https://shop.example@planted.example/"),
        ("LIVE_SIGN_IN_REDIRECTS", "https://shop.example/in?planted=1"),
        ("LIVE_FACEBOOK_GRAPH_VERSION", "25"),
        ("LIVE_LINE_EMAIL", "planted"),
    ],
)
def test_setting_that_cannot_be_used_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingError) as refusal:
        load_settings({variable: value})
    assert str(refusal.value).startswith(f"{variable}: must ")
    assert "planted" not in str(refusal.value)


def test_origins_are_taken_as_browsers_send_them() -> None:
    sent = "https://shop.example, http://localhost:5173"
    settings = load_settings({"LIVE_ALLOWED_ORIGINS": sent})
    assert settings.allowed_origins == ("https://shop.example", "http://localhost:5173")


def test_simulated_login_providers_are_refused_in_production() -> None:
    """Anybody signs in as anybody there."""
    read_as_is = {"LIVE_MASTER_KEY": base64.urlsafe_b64encode(bytes(32)).decode()}
    required = {
        setting.variable: "https://x.example" if setting.read is http_url else "x"
        for setting in SETTINGS.values()
        if setting.required_in_production
    }
    addresses = {
        "LIVE_DATABASE_URL": "mysql+asyncmy://live@db/live",
        "LIVE_REDIS_URL": "redis://redis:6379",
        "LIVE_JOBS_REDIS_URL": "redis://redis:6380",
    }
    environ = {**required, **addresses, **read_as_is, "LIVE_ENV": "production"}
    assert load_settings(environ).env == "production"
    with pytest.raises(SettingError, match="LIVE_IDENTITY_SIMULATOR_URL"):
        load_settings({**environ, "LIVE_IDENTITY_SIMULATOR_URL": "http://127.0.0.1:9"})
