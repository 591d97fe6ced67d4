"""A waitlist is served also where the job that should have done it was lost."""

import pytest

from interfaces.roles.scheduler import Scheduler
from tests.support.eventually import eventually
from tests.support.http import Api
from tests.support.shop_front import open_shop_front

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_who_waits_is_served_though_no_worker_runs(api: Api) -> None:
    shop = await open_shop_front(api, units=1)
    mei, ari = await shop.buyer("Mei"), await shop.buyer("Ari")
    await shop.put(mei, 1)
    await shop.put(ari, 1)
    freed = (await shop.put(mei, 0)).json()["position"]
    scheduler = Scheduler(api.platform)
    await scheduler.start()

    async def held() -> bool:
        (item,) = (await shop.cart(ari, freed))["items"]
        return bool(item["quantity"] == 1 and not item["waitlisted"])

    try:
        await eventually(held)
    finally:
        await scheduler.stop()
