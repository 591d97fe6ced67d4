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
    refused = [
        await send_proof(api, provider, await from_app(simulators, provider, "mei"))
        for _ in range(5)
    ]
    codes = [problem(each)["code"] for each in refused]
    # The provider is asked three times a minute at most; what comes then may be its newest key.
    asked = codes.count("sign_in_refused")
    assert asked <= 3
    assert codes == ["sign_in_refused"] * asked + ["provider_unavailable"] * (5 - asked)
    assert [each.status_code for each in refused] == [401] * asked + [503] * (5 - asked)
    assert all(int(each.headers["retry-after"]) >= 1 for each in refused[asked:])
    accepted = await send_proof(api, provider, await from_app(simulators, provider, "mei"))
    assert accepted.status_code == 200, accepted.text
