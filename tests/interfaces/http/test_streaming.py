import pytest

from tests.support.http import BASE, Api

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_schedule_live_stream_answers_id_status_and_position(api: Api) -> None:
    host = await api.headers("Mei", "host")
    answer = await api.client.post(
        f"{BASE}/streams", json={"title": "Test Stream", "description": "Testing"}, headers=host
    )
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["status"] == "scheduled"
    assert answer.headers["event-position"] == str(body["position"])
    shown = await api.client.get(
        f"{BASE}/streams/{body['id']}", params={"min_position": body["position"]}
    )
    assert shown.status_code == 200, shown.text
    print(shown.text, shown.headers)
    assert shown.json()["title"] == "Test Stream"
