"""`live simulate`: the simulators of outside systems, and orders to them."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import httpx
import msgspec

from infrastructure.embedded.ports import free_port
from infrastructure.embedded.private_simulators import PrivateSimulators
from infrastructure.embedded.simulated_identity import identity_config
from infrastructure.settings import Settings, load_settings
from infrastructure.simulators.config import SimulatorConfig, WebhookTarget
from infrastructure.simulators.serving import serve_simulators
from interfaces.cli.output import show_json, show_table
from interfaces.cli.simulate_room import room

_TIMEOUT_SECONDS = 10.0


class SimulatorRefused(Exception):
    """The simulator answered with a refusal, or not at all. The text is one line."""


@click.group()
@click.option("--url", default="", help="Where the simulators are. Left out: those of VAR_DIR.")
@click.pass_context
def simulate(ctx: click.Context, url: str) -> None:
    """Run the simulators of Cloudflare, R2 and the login providers, and steer them; or a crowd.

    `live serve` runs them by itself when nothing is configured. UID is a live input's.

    \b
    live simulate status                    where things are, and what is live
    live simulate picture UID               push a moving test picture
    live simulate disconnect UID            cut the feed
    live simulate misbehave duplicate       the next webhook comes twice
    live simulate people                    who can sign in
    live simulate revoke apple mei          somebody takes back what they permitted us
    live simulate room STREAM               a crowd in a show's room
    """
    ctx.obj = url


simulate.add_command(room)


@simulate.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=0, help="Of HTTP; 0 takes a free one.")
@click.option("--rtmp-port", type=int, default=0, help="Of RTMP; 0 takes a free one.")
@click.option("--var", "folder", type=click.Path(path_type=Path), help="Folder for their state.")
@click.option("--config", "file", type=click.Path(path_type=Path), help="All of it, as JSON.")
def serve(host: str, port: int, rtmp_port: int, folder: Path | None, file: Path | None) -> None:
    """Run them until Ctrl-C.

    Webhooks go to LIVE_PUBLIC_URL where that is set, signed with the secrets of
    LIVE_CLOUDFLARE_LIVE_WEBHOOK_SECRET and LIVE_CLOUDFLARE_VIDEO_WEBHOOK_SECRET. The login
    providers know the client that the settings name; with none, the one kept in VAR_DIR.
    """
    if file is not None:
        config = msgspec.json.decode(file.read_bytes(), type=SimulatorConfig, dec_hook=_from_text)
    else:
        settings = load_settings()
        config = msgspec.structs.replace(
            _configured(settings),
            var_dir=folder or settings.var_dir / "simulators",
            host=host,
            port=port or free_port(host),
            rtmp_port=rtmp_port or free_port(host),
        )
    click.echo(f"Cloudflare http://{config.host}:{config.port}/client/v4")
    click.echo(f"logins     http://{config.host}:{config.port}/_simulator/identity")
    click.echo(f"RTMP       rtmp://{config.host}:{config.rtmp_port}/live/")
    click.echo(f"control    http://{config.host}:{config.port}/_simulator")
    asyncio.run(serve_simulators(config))


@simulate.command()
@click.pass_obj
def status(url: str) -> None:
    """Where everything is, and what is live."""
    found = _ask(url, "GET", "/")
    show_table(("what", "value"), list(found.items()))


@simulate.command()
@click.argument("uid")
@click.pass_obj
def connect(url: str, uid: str) -> None:
    """An encoder connects, without pictures."""
    show_json(_ask(url, "POST", f"/inputs/{uid}/connect"))


@simulate.command()
@click.argument("uid")
@click.pass_obj
def disconnect(url: str, uid: str) -> None:
    """The feed drops."""
    show_json(_ask(url, "POST", f"/inputs/{uid}/disconnect"))


@simulate.command()
@click.argument("uid")
@click.option("--stop", is_flag=True, help="End it.")
@click.pass_obj
def picture(url: str, uid: str, *, stop: bool) -> None:
    """Push a moving test picture with ffmpeg, as a host's encoder would."""
    method = "DELETE" if stop else "POST"
    show_json(_ask(url, method, f"/inputs/{uid}/encoder"))


@simulate.command()
@click.argument("uid")
@click.option("--code", default="ERR_UNSUPPORTED_VIDEO_CODEC", show_default=True)
@click.pass_obj
def error(url: str, uid: str, code: str) -> None:
    """The feed is rejected with CODE."""
    show_json(_ask(url, "POST", f"/inputs/{uid}/error", {"code": code}))


@simulate.command()
@click.argument(
    "effect", type=click.Choice(["drop", "duplicate", "delay", "reorder", "wrong_signature"])
)
@click.option("--channel", type=click.Choice(["live", "video"]), default="live", show_default=True)
@click.option("--times", type=click.IntRange(1), default=1, show_default=True)
@click.option("--seconds", type=float, default=1.0, show_default=True, help="Of a delay.")
@click.pass_obj
def misbehave(url: str, effect: str, channel: str, times: int, seconds: float) -> None:
    """The next webhooks go wrong in the way EFFECT says."""
    order = {"effect": effect, "channel": channel, "times": times, "seconds": seconds}
    show_json(_ask(url, "POST", "/webhooks/faults", order))


@simulate.command()
@click.pass_obj
def behave(url: str) -> None:
    """Take back all misbehaviour."""
    _ask(url, "DELETE", "/faults")


@simulate.command()
@click.pass_obj
def webhooks(url: str) -> None:
    """What was sent, oldest first, one JSON object a line."""
    for delivery in _ask(url, "GET", "/webhooks"):
        click.echo(msgspec.json.encode(delivery).decode())


@simulate.command()
@click.pass_obj
def people(url: str) -> None:
    """Who can sign in at the simulated login providers."""
    found = _ask(url, "GET", "/identity/")["people"]
    rows = [(each["id"], each["name"], each["email"] or "", each["about"]) for each in found]
    show_table(("id", "name", "e-mail", "about"), rows)


@simulate.command()
@click.argument("provider", type=click.Choice(["line", "facebook", "instagram", "google", "apple"]))
@click.argument("person")
@click.pass_obj
def revoke(url: str, provider: str, person: str) -> None:
    """PERSON takes back at PROVIDER what they permitted us; Facebook and Apple tell us so."""
    show_json(_ask(url, "POST", f"/identity/{provider}/people/{person}/revoke"))


def _configured(settings: Settings) -> SimulatorConfig:
    """What the platform's own settings say of the account it thinks it talks to."""
    default = SimulatorConfig(var_dir=settings.var_dir)
    hooks = f"{settings.public_url}/api/v1/webhooks/cloudflare" if settings.public_url else ""
    live, video = (
        settings.cloudflare_live_webhook_secret,
        settings.cloudflare_video_webhook_secret,
    )
    return msgspec.structs.replace(
        default,
        account_id=settings.cloudflare_account_id or default.account_id,
        api_tokens=(settings.cloudflare_api_token.text or default.api_tokens[0],),
        live_webhook=WebhookTarget(url=f"{hooks}/live", secret=live.text) if hooks else None,
        video_webhook=WebhookTarget(url=f"{hooks}/video", secret=video.text) if hooks else None,
        r2_access_key_id=settings.r2_access_key_id or default.r2_access_key_id,
        r2_secret_access_key=settings.r2_secret_access_key.text or default.r2_secret_access_key,
        r2_buckets=(settings.r2_bucket,),
        identity=identity_config(settings, webhooks_at=settings.public_url),
    )


def _ask(url: str, method: str, path: str, body: Any = None) -> Any:
    try:
        answer = httpx.request(
            method,
            f"{url or _private_url()}/_simulator{path}",
            json=body,
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,  # no proxy stands before this machine's own simulators
        )
        answered = answer.json()
    except (httpx.HTTPError, ValueError) as problem:
        raise SimulatorRefused(f"the simulators do not answer: {problem}") from problem
    if not answered.get("success"):
        raise SimulatorRefused("; ".join(each["message"] for each in answered["errors"]))
    return answered["result"]


def _private_url() -> str:
    settings = load_settings()
    if settings.cloudflare_api_url:
        parts = urlsplit(settings.cloudflare_api_url)
        return f"{parts.scheme}://{parts.netloc}"
    ports = PrivateSimulators(settings.var_dir / "simulators").ports()
    return f"http://127.0.0.1:{ports.http}"


def _from_text(wanted: type, found: Any) -> Any:
    return wanted(found)
