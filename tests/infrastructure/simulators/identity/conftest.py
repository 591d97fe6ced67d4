"""The simulated login providers on a free port: one of them a module, as new for every test."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from infrastructure.simulators.cloudflare.courier import tls
from infrastructure.simulators.serving import Simulators
from tests.support.simulated_identity import simulated_providers
from tests.support.simulators import WebhookCatcher


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulators]:
    async with simulated_providers(tmp_path_factory.mktemp("simulators")) as simulators:
        yield simulators


@pytest.fixture
def providers(running: Simulators) -> Simulators:
    running.identity.clear()
    return running


@pytest_asyncio.fixture(loop_scope="module")
async def web(providers: Simulators) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=providers.url, trust_env=False, verify=tls()) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def hooks() -> AsyncIterator[WebhookCatcher]:
    async with WebhookCatcher().listening() as listening:
        yield listening
