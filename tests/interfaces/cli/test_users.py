"""`live users`, as an operator runs it: a process, its output, its exit code."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from application.ports import Dispatch
from domain.identity.commands import OpenAccount
from domain.identity.values import AccountKind
from infrastructure.embedded.surroundings import Needs, surrounded
from infrastructure.ids import new_id
from infrastructure.migrations.migrating import upgrade
from infrastructure.settings import load_settings
from interfaces.bootstrap.platform import open_platform
from interfaces.roles.background import projecting
from projections.identity.accounts import ACCOUNTS
from tests.support.installation import Installation

pytestmark = pytest.mark.system
MEI = "01900000-0000-7000-8000-0000000000a1"
GUEST = "01900000-0000-7000-8000-0000000000a2"
NOBODY = "01900000-0000-7000-8000-0000000000ff"
NAME = "Lin Planted-Name"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(tmp_path_factory.mktemp("live"))
    asyncio.run(_seed(installation))
    return installation


async def _seed(installation: Installation) -> None:
    settings = load_settings(installation.environ)
    async with (
        surrounded(settings, Needs(simulators=False)) as full,
        open_platform(full, alone=True) as platform,
    ):
        await upgrade(platform.engine)
        async with projecting(platform):
            await platform.bus.execute(_opening(MEI, "registered"))
            opened = await platform.bus.execute(_opening(GUEST, "guest"))
            await platform.views.wait(ACCOUNTS, opened.position)


def _opening(user_id: str, kind: AccountKind) -> Dispatch:
    return Dispatch(
        command=OpenAccount(user_id=user_id, kind=kind, name=NAME, market="TW", language="zh-TW"),
        command_id=new_id(),
        actor="system:test",
        now=datetime.now(UTC),
    )


def lines(installation: Installation, *arguments: str) -> list[str]:
    done = installation.run("users", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_first_admin_is_made(installed: Installation) -> None:
    assert lines(installed, "grant", MEI, "admin", "host") == [f"{MEI}\thost,admin"]
    [given, *_] = [
        json.loads(line)
        for line in installed.run(
            "events", "tail", "--stream", f"account-{MEI}"
        ).stdout.splitlines()
        if "RolesChanged" in line
    ]
    assert given["actor"] == "system:cli"
    assert lines(installed, "grant", MEI, "admin") == [f"{MEI}\thost,admin"]
    assert lines(installed, "revoke", MEI, "admin", "host") == [f"{MEI}\t-"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("grant", NOBODY, "admin"), "There is no such account, or it has been deleted."),
        (("grant", GUEST, "host"), "Have the person register first, then grant the role."),
        (("show", NOBODY), f"no account {NOBODY}"),
    ],
)
def test_refusal_is_one_line(
    installed: Installation, arguments: tuple[str, ...], words: str
) -> None:
    done = installed.run("users", *arguments)
    assert (done.returncode, done.stderr) == (1, f"live: {words}\n")


@pytest.mark.parametrize("arguments", [("grant", MEI), ("grant", MEI, "king"), ("show", "mei")])
def test_wrong_usage_ends_with_2(installed: Installation, arguments: tuple[str, ...]) -> None:
    assert installed.run("users", *arguments).returncode == 2


def test_list_shows_names_when_asked_only(installed: Installation) -> None:
    newest, oldest = (line.split("\t") for line in lines(installed, "list"))
    assert newest[:2] == [GUEST, "guest"]
    assert oldest[:3] == [MEI, "registered", "open"]
    assert NAME not in "".join(newest + oldest)
    [guest] = lines(installed, "list", "--kind", "guest", "--personal")
    assert guest.endswith(f"\t{NAME}")
    assert lines(installed, "list", "--role", "auditor") == []


def test_show_has_personal_data_when_asked_only(installed: Installation) -> None:
    shown = json.loads("\n".join(lines(installed, "show", MEI)))
    assert (shown["id"], shown["status"], shown["identities"]) == (MEI, "open", [])
    assert "name" not in shown
    personal = json.loads("\n".join(lines(installed, "show", MEI, "--personal")))
    assert personal["name"] == NAME


def test_erase_asks_for_the_erasure_of_who_is_confirmed(installed: Installation) -> None:
    assert installed.run("users", "erase", GUEST).returncode == 1
    for _ in range(2):
        assert lines(installed, "erase", GUEST, "--yes") == [f"{GUEST}\terasing"]
    told = installed.run("events", "tail", "--stream", f"account-{GUEST}").stdout
    assert told.count("ErasureRequested") == 1
    nobody = installed.run("users", "erase", NOBODY, "--yes")
    assert (nobody.returncode, nobody.stderr.count("\n")) == (1, 1)
