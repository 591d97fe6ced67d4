"""Keys the providers change are fetched, and not more often than that."""

import pytest

from infrastructure.simulators.serving import Simulators
from tests.support.http import Api, problem
from tests.support.sign_in import from_app, send_proof
from tests.support.simulated_identity import control

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIGNED = ["line", "google", "apple"]


@pytest.mark.parametrize("provider", SIGNED)
async def test_key_that_was_changed_is_accepted_after_one_fetch(
    api: Api, simulators: Simulators, provider: str
) -> None:
    await send_proof(api, provider, await from_app(simulators, provider, "mei"))
    await control(simulators.url, "POST", f"/{provider}/keys/rotate", {"drop": True})
    accepted = await send_proof(api, provider, await from_app(simulators, provider, "mei"))
    assert accepted.status_code == 200, accepted.text


@pytest.mark.parametrize("provider", SIGNED)
async def test_key_nobody_has_is_refused_without_hurting_others(
    api: Api, simulators: Simulators, provider: str
) -> None:
    order = {"defect": "unknown_kid", "times": 5}
    await control(simulators.url, "POST", f"/{provider}/defects", order)
    codes = set()
    for _ in range(5):
        refused = await send_proof(api, provider, await from_app(simulators, provider, "mei"))
        codes.add(problem(refused)["code"])
    # The provider is asked three times a minute; what comes then may be a key of its own.
    assert codes <= {"sign_in_refused", "provider_unavailable"}
    accepted = await send_proof(api, provider, await from_app(simulators, provider, "mei"))
    assert accepted.status_code == 200, accepted.text
