"""How the simulators are set up. Owns the defaults; everything local and invented."""

from pathlib import Path

import msgspec


class WebhookTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where webhooks go, and the secret both sides know."""

    url: str
    secret: str

    def __repr__(self) -> str:
        return f"WebhookTarget({self.url!r}, …)"


class IdentityApp(msgspec.Struct, frozen=True, kw_only=True):
    """Our registration at one provider: the web's client id, then those of the native apps."""

    client_ids: tuple[str, ...]
    secret: str = "an-invented-secret-of-32-letters-"  # noqa: S105 - local only

    def __repr__(self) -> str:
        return f"IdentityApp({self.client_ids!r}, …)"


class AppleKey(msgspec.Struct, frozen=True, kw_only=True):
    """What Apple knows of the key that signs our client secrets. `public_key` is one line: base64
    of SubjectPublicKeyInfo in DER; empty, it accepts no client secret at all."""

    team_id: str = "TEAM000001"
    key_id: str = "KEY0000001"
    public_key: str = ""


class IdentityConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Our registrations at the login providers.

    Below each of `callbacks`, `/<provider>/callback` is a registered redirect address; `webhooks`
    is where `/facebook/deauthorize`, `/facebook/deletion` and `/apple` lie, empty: nowhere.
    """

    line: IdentityApp = IdentityApp(client_ids=("2000000001",))
    facebook: IdentityApp = IdentityApp(client_ids=("100000000000001",))
    instagram: IdentityApp = IdentityApp(client_ids=("200000000000002",))
    google: IdentityApp = IdentityApp(
        client_ids=(
            "web-invented.apps.googleusercontent.com",
            "ios-invented.apps.googleusercontent.com",
            "android-invented.apps.googleusercontent.com",
        )
    )
    apple: IdentityApp = IdentityApp(client_ids=("example.shop.web", "example.shop.app"))
    apple_key: AppleKey = AppleKey()
    callbacks: tuple[str, ...] = (
        "http://127.0.0.1:8000/api/v1/auth",
        "http://localhost:8000/api/v1/auth",
    )
    webhooks: str = ""


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """All that can be chosen at start. Times are seconds.

    `public_url` and `rtmp_host` are what clients and encoders are told; left empty, the address
    listened on. Port 0 takes a free one. `live_webhook` and `video_webhook` are registered at
    start, beside whatever is set up through the API. `default_timeout` stands for
    `timeoutSeconds` 0. `strict_gop` refuses feeds whose keyframes lie more than ten seconds
    apart. `rate_limit` counts API calls in `rate_window`; one more blocks for `rate_window`.
    `leave_with_parent` stops the simulators when the process that started them is gone;
    `parent_pid` names it, so that even one that is gone before we look is noticed.
    """

    var_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    rtmp_port: int = 0
    public_url: str = ""
    rtmp_host: str = ""
    account_id: str = "5ac0000000000000000000000000001e"
    api_tokens: tuple[str, ...] = ("simulator-token",)
    live_webhook: WebhookTarget | None = None
    video_webhook: WebhookTarget | None = None
    webhook_delay: float = 0.2
    webhook_retries: tuple[float, ...] = (1.0, 5.0, 15.0)
    processing_time: float = 1.0
    default_timeout: float = 30.0
    feed_silence: float = 15.0
    strict_gop: bool = False
    rate_limit: int = 1200
    rate_window: float = 300.0
    r2_access_key_id: str = "simulator-key-id"
    r2_secret_access_key: str = "simulator-secret"  # noqa: S105 - invented, local only
    r2_buckets: tuple[str, ...] = ("live-media",)
    identity: IdentityConfig = IdentityConfig()
    leave_with_parent: bool = False
    parent_pid: int = 0

    def __repr__(self) -> str:
        return f"SimulatorConfig({str(self.var_dir)!r}, …)"
