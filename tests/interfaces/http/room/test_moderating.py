"""Who moderates, and who is shut out."""

import pytest

from infrastructure.ids import new_id
from tests.interfaces.http.room.conftest import Hall
from tests.support.http import problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_moderators_are_listed_by_name(hall: Hall) -> None:
    await hall.moderator("Ann")
    gone = new_id()
    await hall.do("PUT", f"/room/moderators/{gone}", hall.host)
    listed = (await hall.see("/room/moderators", await hall.viewer("Mei")))["items"]
    assert {one["id"] for one in listed} == {hall.ids["Ann"], gone}
    names = {one["id"]: one["name"] for one in listed}
    assert names[hall.ids["Ann"]].startswith("Ann ")
    assert names[gone] is None


async def test_moderators_are_listed_in_pages(hall: Hall) -> None:
    people = sorted(new_id() for _ in range(3))
    for person in people:
        await hall.do("PUT", f"/room/moderators/{person}", hall.host)
    page = await hall.see("/room/moderators?limit=2")
    assert [one["id"] for one in page["items"]] == people[:2]
    rest = await hall.see(f"/room/moderators?limit=2&cursor={page['next_cursor']}")
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == (people[2:], None)


async def test_moderator_s_time_ends_when_the_host_says_so(hall: Hall) -> None:
    ann = await hall.moderator("Ann")
    await hall.do("PUT", f"/room/mutes/{new_id()}", ann, {"seconds": 5})
    await hall.do("DELETE", f"/room/moderators/{hall.ids['Ann']}", hall.host)
    refused = await hall.ask("PUT", f"/room/mutes/{new_id()}", ann, {"seconds": 5})
    assert (refused.status_code, problem(refused)["code"]) == (403, "forbidden")
    assert (await hall.see("/room/moderators"))["items"] == []


async def test_moderators_are_appointed_by_the_host_alone(hall: Hall) -> None:
    other = await hall.viewer("Other host", "host")
    refused = await hall.ask("PUT", f"/room/moderators/{new_id()}", other)
    assert (refused.status_code, problem(refused)["code"]) == (403, "forbidden")
    admin = await hall.viewer("Admin", "admin")
    assert (await hall.ask("PUT", f"/room/moderators/{new_id()}", admin)).is_success


async def test_banned_people_are_listed_to_moderators_and_let_in_again(hall: Hall) -> None:
    ann, mei = await hall.moderator("Ann"), await hall.viewer("Mei")
    path = f"/room/bans/{hall.ids['Mei']}"
    assert (await hall.do("PUT", path, ann))["id"] == hall.ids["Mei"]
    (banned,) = (await hall.see("/room/bans", ann))["items"]
    assert banned["id"] == hall.ids["Mei"]
    refused = await hall.ask("GET", "/room/bans", await hall.viewer("Curious"))
    assert (refused.status_code, problem(refused)["code"]) == (403, "forbidden")
    await hall.do("DELETE", path, ann)
    assert (await hall.see("/room/bans", ann))["items"] == []
    await hall.say("back again", mei)


async def test_host_is_not_moderated(hall: Hall) -> None:
    ann = await hall.moderator("Ann")
    refused = await hall.ask("PUT", f"/room/bans/{hall.ids['host']}", ann)
    assert (refused.status_code, problem(refused)["code"]) == (409, "cannot_moderate")


async def test_mute_of_no_length_is_refused(hall: Hall) -> None:
    for seconds, code in ((-1, "invalid_input"), (8 * 24 * 3600, "out_of_range")):
        path = f"/room/mutes/{new_id()}"
        refused = await hall.ask("PUT", path, hall.host, {"seconds": seconds})
        assert (refused.status_code, problem(refused)["code"]) == (422, code)


async def test_message_that_is_not_is_not_pinned(hall: Hall) -> None:
    refused = await hall.ask("PUT", "/room/pin", hall.host, {"id": new_id()})
    assert (refused.status_code, problem(refused)["code"]) == (404, "message_not_found")
    gone = await hall.say("gone")
    await hall.do("DELETE", f"/messages/{gone}", hall.host)
    refused = await hall.ask("PUT", "/room/pin", hall.host, {"id": gone})
    assert (refused.status_code, problem(refused)["code"]) == (404, "message_not_found")
    message = await hall.say("pin me")
    stranger = await hall.viewer("Stranger")
    refused = await hall.ask("PUT", "/room/pin", stranger, {"id": message})
    assert (refused.status_code, problem(refused)["code"]) == (403, "forbidden")
