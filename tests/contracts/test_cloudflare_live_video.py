"""The contract of `LiveVideo` on Cloudflare, through its simulator."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infrastructure.cloudflare.client import Account, CloudflareClient
from infrastructure.cloudflare.gate import Allowance, CallGate
from infrastructure.cloudflare.inputs import Recording
from infrastructure.cloudflare.live_video import CloudflareLiveVideo
from infrastructure.settings import Secret
from infrastructure.simulators.serving import Simulators
from tests.contracts.live_video_contract import LiveVideoContract, UnreachableVideoContract
from tests.support.simulated_cloudflare import SimulatedStudio, client_on, simulated

RECORDING = Recording(timeout_seconds=30, signed=False)


@pytest.fixture
async def running_simulators(tmp_path: Path) -> AsyncIterator[tuple[Simulators, SimulatedStudio]]:
    async with simulated(tmp_path) as both:
        yield both


@pytest.fixture
def studio(running_simulators: tuple[Simulators, SimulatedStudio]) -> SimulatedStudio:
    return running_simulators[1]


@pytest.fixture
async def video(
    running_simulators: tuple[Simulators, SimulatedStudio],
) -> AsyncIterator[CloudflareLiveVideo]:
    async with client_on(running_simulators[0]) as client:
        yield CloudflareLiveVideo(client, RECORDING)


@pytest.fixture
async def unreachable() -> AsyncIterator[CloudflareLiveVideo]:
    nobody = Account(api_url="http://127.0.0.1:1", account_id="a1", token=Secret("t"))
    client = CloudflareClient(nobody, CallGate(Allowance(100)), backoff=0.01)
    yield CloudflareLiveVideo(client, RECORDING)
    await client.aclose()


class TestCloudflareLiveVideo(LiveVideoContract):
    pass


class TestCloudflareStatusAsText:
    """The API describes `status` as a string, and answers with an object."""

    @pytest.fixture(autouse=True)
    async def _text(self, studio: SimulatedStudio) -> None:
        await studio.status_form("string")

    test_input_status = LiveVideoContract.test_input_status_follows_the_feed
    test_rejected_feed = LiveVideoContract.test_input_status_is_errored_when_the_feed_is_rejected


class TestCloudflareOutOfReach(UnreachableVideoContract):
    pass
