"""Puts the parts of the simulated Cloudflare together and owns their start and stop."""

import sqlite3
from pathlib import Path

from litestar.di import NamedDependency

from infrastructure.simulators.cloudflare.broadcasts import Broadcasts, Timing
from infrastructure.simulators.cloudflare.courier import Courier
from infrastructure.simulators.cloudflare.faults import Faults
from infrastructure.simulators.cloudflare.media import MediaLibrary
from infrastructure.simulators.cloudflare.shapes import Origins, Shapes
from infrastructure.simulators.cloudflare.state import (
    CloudflareState,
    DestinationRecord,
    PolicyRecord,
    StreamWebhookRecord,
    utc_now,
)
from infrastructure.simulators.cloudflare.tokens import TokenGate
from infrastructure.simulators.cloudflare.webhooks import LIVE_ALERT, Webhooks
from infrastructure.simulators.config import SimulatorConfig

_CONFIGURED = "c0f19000000000000000000000000001"


class CloudflareSimulator:
    """The account: its state, its webhooks, its broadcasts, its media."""

    def __init__(self, config: SimulatorConfig, database: sqlite3.Connection) -> None:
        self.config = config
        self.origins = Origins()
        self.state = CloudflareState(database)
        self.faults = Faults()
        self.shapes = Shapes(self.origins)
        self.tokens = TokenGate(self.state)
        self.media = MediaLibrary(_media_folder(config))
        self.courier = Courier(
            self.faults, delay=config.webhook_delay, retries=config.webhook_retries
        )
        self.webhooks = Webhooks(self.state, self.shapes, self.courier)
        self.broadcasts = Broadcasts(
            self.state,
            self.webhooks,
            self.media.measure,
            Timing(processing=config.processing_time, default_timeout=config.default_timeout),
        )

    def start(self, *, http: str, rtmp: str) -> None:
        """To be called once, in the running event loop, when the addresses are known."""
        self.origins.http = http
        self.origins.rtmp = rtmp
        self._register_configured()
        self.broadcasts.resume()

    async def stop(self) -> None:
        await self.broadcasts.stop()
        await self.courier.stop()

    def _register_configured(self) -> None:
        now = utc_now()
        if (video := self.config.video_webhook) is not None:
            self.state.stream_webhook.save(
                "account", StreamWebhookRecord(url=video.url, secret=video.secret, modified=now)
            )
        if (live := self.config.live_webhook) is not None:
            self.state.destinations.save(
                _CONFIGURED,
                DestinationRecord(
                    id=_CONFIGURED,
                    name="Live events",
                    url=live.url,
                    secret=live.secret,
                    created_at=now,
                ),
            )
            self.state.policies.save(
                _CONFIGURED,
                PolicyRecord(
                    id=_CONFIGURED,
                    name="Live events",
                    alert_type=LIVE_ALERT,
                    created=now,
                    modified=now,
                    destinations=[_CONFIGURED],
                ),
            )


Simulated = NamedDependency[CloudflareSimulator]


def _media_folder(config: SimulatorConfig) -> Path:
    return config.var_dir / "cloudflare" / "media"
