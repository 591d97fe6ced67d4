"""A running API with every login provider simulated."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from infrastructure.simulators.serving import Simulators
from tests.support.databases import claimed_redis_database
from tests.support.http import Api, api_settings, running_api
from tests.support.services import service_url
from tests.support.simulated_identity import identity_environ, simulated_providers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def simulators(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulators]:
    folder: Path = tmp_path_factory.mktemp("providers")
    async with simulated_providers(folder) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(
    simulators: Simulators, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Api]:
    """Shared by a module's tests. As many attempts as they like come from one address."""
    folder = tmp_path_factory.mktemp("api")
    with claimed_redis_database(service_url("redis")) as redis_url:
        settings = api_settings(
            folder,
            database_url=f"sqlite+aiosqlite:///{folder}/live.db",
            redis_url=redis_url,
            prefix=f"t{uuid4().hex[:12]}:",
            LIVE_SIGN_IN_REDIRECTS="shop-app://in",
            LIVE_SIGN_IN_LIMIT_PER_ADDRESS="0",
            LIVE_SIGN_IN_LIMIT_PER_ACCOUNT="0",
            LIVE_R2_ENDPOINT_URL=f"{simulators.url}/r2",
            LIVE_R2_ACCESS_KEY_ID=simulators.config.r2_access_key_id,
            LIVE_R2_SECRET_ACCESS_KEY=simulators.config.r2_secret_access_key,
            **identity_environ(simulators),
        )
        async with running_api(settings) as running:
            yield running
