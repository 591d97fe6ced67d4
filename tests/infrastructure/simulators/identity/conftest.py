"""The simulated login providers on a free port."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from infrastructure.simulators.cloudflare.courier import tls
from infrastructure.simulators.serving import Simulators
from tests.support.simulated_identity import simulated_providers
from tests.support.simulators import WebhookCatcher


@pytest.fixture
async def providers(tmp_path: Path) -> AsyncIterator[Simulators]:
    async with simulated_providers(tmp_path) as running:
        yield running


@pytest.fixture
async def web(providers: Simulators) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=providers.url, trust_env=False, verify=tls()) as client:
        yield client


@pytest.fixture
async def hooks() -> AsyncIterator[WebhookCatcher]:
    async with WebhookCatcher().listening() as listening:
        yield listening
