"""Reading one's own writes, and being told when that cannot be."""

import time
from collections.abc import Callable

import pytest

from infrastructure.settings import Settings
from tests.support.http import BASE, Api, problem, running_api


@pytest.mark.asyncio(loop_scope="module")
async def test_query_sees_what_was_just_written(api: Api) -> None:
    host = await api.headers("Mei", "host")
    for number in range(50):
        stream_id, position = await api.announced(host, title=f"Show {number}")
        path = f"{BASE}/streams/{stream_id}"
        by_header = {"Min-Position": str(position)} if number % 2 else {}
        query = "" if number % 2 else f"?min_position={position}"
        shown = await api.client.get(path + query, headers=by_header)
        assert shown.status_code == 200, shown.text
        assert int(shown.headers["projection-position"]) >= position


async def test_query_for_a_position_out_of_reach_gets_503_within_about_two_seconds(
    settings: Callable[..., Settings],
) -> None:
    async with running_api(settings()) as api:
        started = time.monotonic()
        answer = await api.client.get(f"{BASE}/streams?min_position=1000000")
        waited = time.monotonic() - started
    assert answer.status_code == 503
    assert problem(answer)["code"] == "projection_behind"
    assert int(answer.headers["retry-after"]) >= 1
    assert 1.5 < waited < 4
