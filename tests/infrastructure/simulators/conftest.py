"""Simulators on free ports, and whoever talks to them."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from cloudflare import AsyncCloudflare

from infrastructure.simulators.config import WebhookTarget
from infrastructure.simulators.serving import Simulators
from tests.support.simulators import (
    API_TOKEN,
    VIDEO_SECRET,
    WebhookCatcher,
    api_client,
    control_client,
    running_simulators,
)


@pytest.fixture
async def catcher() -> AsyncIterator[WebhookCatcher]:
    async with WebhookCatcher().listening() as listening:
        yield listening


@pytest.fixture
async def simulators(tmp_path: Path, catcher: WebhookCatcher) -> AsyncIterator[Simulators]:
    async with running_simulators(
        tmp_path,
        default_timeout=0.3,
        live_webhook=WebhookTarget(url=f"{catcher.url}/live", secret="shared-live"),
        video_webhook=WebhookTarget(url=f"{catcher.url}/video", secret=VIDEO_SECRET),
    ) as running:
        yield running


@pytest.fixture
async def api(simulators: Simulators) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(simulators) as client:
        yield client


@pytest.fixture
async def control(simulators: Simulators) -> AsyncIterator[httpx.AsyncClient]:
    async with control_client(simulators) as client:
        yield client


@pytest.fixture
async def sdk(simulators: Simulators) -> AsyncIterator[AsyncCloudflare]:
    """Cloudflare's own client, without its retries."""
    async with AsyncCloudflare(
        api_token=API_TOKEN, base_url=f"{simulators.url}/client/v4", max_retries=0
    ) as client:
        yield client
