"""The page for trying a sign-in out, in development only."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.http import Api
from tests.support.sign_in import Browser
from tests.support.simulated_identity import sign_in_at

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_home_page_leads_to_every_way_in(api: Api) -> None:
    home = await api.client.get("/")
    assert 'href="/sign-in"' in home.text
    shown = await api.client.get("/sign-in", headers={"Accept-Language": "zh-TW"})
    assert shown.headers["cache-control"] == "no-store"
    assert '<html lang="zh-TW">' in shown.text
    assert "使用 LINE 登入" in shown.text
    assert "僅限直播主以專業帳號連結" in shown.text
    assert len(links(shown.text)) == 8


async def test_person_who_follows_a_link_is_signed_in_at_its_end(api: Api) -> None:
    shown = await api.client.get("/sign-in")
    line = next(link for link in links(shown.text) if "/line/" in link)
    query = {name: values[0] for name, values in parse_qs(urlsplit(line).query).items()}
    async with Browser(api) as browser:
        started = await browser.authorize("line", {"accept": "text/html"}, **query)
        callback = await sign_in_at(started.headers["location"], "mei")
        landed = await browser.come_back(callback)
    end = urlsplit(landed.headers["location"])
    done = await api.client.get(f"{end.path}?{end.query}")
    assert "林美玲" in done.text
    assert done.headers["cache-control"] == "no-store"
    again = await api.client.get(f"{end.path}?{end.query}")
    assert "You are not signed in" in again.text


def links(text: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="(/api/v1/auth/[^"]+)"', text)]
