"""Every command of `live`, as a person runs it: a process, its output, its exit code."""

import json
import socket
import sqlite3
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from interfaces.cli.main import live
from interfaces.roles.serving import CannotListen, claim_port
from tests.support.installation import HOST_NAME, STREAM_ID, Installation

pytestmark = pytest.mark.system
STREAM = f"live_stream-{STREAM_ID}"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(tmp_path_factory.mktemp("live"))
    installation.seed()
    return installation


def lines(installation: Installation, *arguments: str) -> list[str]:
    done = installation.run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def refusal(installation: Installation, *arguments: str) -> str:
    """The one line that a failing command leaves."""
    done = installation.run(*arguments)
    assert done.returncode == 1, done.stdout
    [line] = done.stderr.splitlines()
    return line


def test_help_lists_every_command() -> None:
    shown = CliRunner().invoke(live, ["--help"]).output
    for command in ("serve", "api", "worker", "events", "projections", "jobs", "simulate"):
        assert f"  {command} " in shown


@pytest.mark.parametrize(
    "group", ["db", "events", "projections", "processes", "jobs", "simulate", "serve", "token"]
)
def test_help_of_a_group_shows_an_example(group: str) -> None:
    shown = CliRunner().invoke(live, [group, "--help"]).output.splitlines()
    assert any(line.strip().startswith(("live ", "TOKEN=")) for line in shown)


def test_settings_are_listed_with_their_purpose() -> None:
    shown = CliRunner().invoke(live, ["settings"]).output
    assert "PORT\t8000\tport to serve on" in shown.splitlines()


def test_token_is_for_the_asked_role(installed: Installation) -> None:
    [token] = lines(installed, "token", "--role", "auditor", "--name", "Mei")
    assert len(token.split(".")) == 3
    [again] = lines(installed, "token", "--role", "auditor", "--name", "Mei")
    assert token.split(".")[0] == again.split(".")[0]


def test_token_before_there_are_tables_says_what_to_do(tmp_path: Path) -> None:
    assert "run `live db upgrade`" in refusal(Installation(tmp_path), "token")


def test_db_check_tells_tables_that_are_not_there(tmp_path: Path) -> None:
    empty = Installation(tmp_path)
    assert "run `live db upgrade`" in refusal(empty, "db", "check")
    lines(empty, "db", "upgrade")
    assert lines(empty, "db", "check")[-1].startswith("ok, at ")
    assert "already" in lines(empty, "db", "upgrade")[-1]


def test_events_tail_prints_envelopes_without_personal_data(installed: Installation) -> None:
    found = [json.loads(line) for line in lines(installed, "events", "tail")]
    assert [event["type"] for event in found] == [
        "streaming.LiveStreamScheduled",
        "streaming.LiveStreamCancelled",
    ]
    assert HOST_NAME not in json.dumps(found)
    shown = lines(installed, "events", "tail", "--personal", "--type", found[0]["type"])
    assert HOST_NAME in shown[0]


def test_events_show_finds_by_position_and_by_id(installed: Installation) -> None:
    by_position = json.loads("\n".join(lines(installed, "events", "show", "2")))
    by_id = json.loads("\n".join(lines(installed, "events", "show", by_position["event_id"])))
    assert by_id == by_position
    assert refusal(installed, "events", "show", "99") == "live: the log holds no event 99"


def test_events_replay_gives_the_state_as_it_was(installed: Installation) -> None:
    then = json.loads(
        "\n".join(lines(installed, "events", "replay", "--stream", STREAM, "--until", "1"))
    )
    now = json.loads("\n".join(lines(installed, "events", "replay", "--stream", STREAM)))
    assert (then["state"]["status"], now["state"]["status"]) == ("scheduled", "cancelled")
    early = ("events", "replay", "--stream", STREAM, "--until", "2020-01-01T00:00:00Z")
    assert "nothing was recorded" in refusal(installed, *early)


def test_events_export_goes_on_where_it_was_torn_off(
    installed: Installation, tmp_path: Path
) -> None:
    target = tmp_path / "events.ndjson"
    lines(installed, "events", "export", "--to", str(target))
    whole = target.read_bytes()
    assert [json.loads(line)["position"] for line in whole.splitlines()] == [1, 2]
    target.write_bytes(whole[:-20])
    lines(installed, "events", "export", "--to", str(target))
    assert target.read_bytes() == whole
    target.write_text("something else\n")
    assert "is no export" in refusal(installed, "events", "export", "--to", str(target))
    elsewhere = refusal(installed, "events", "export", "--to", "ftp://planted@x/y")
    assert elsewhere == "live: --to must be a file, - or s3://bucket/prefix, not ftp://"


def test_events_verify_says_that_there_is_nothing_to_verify(installed: Installation) -> None:
    beyond = refusal(installed, "events", "verify", "--from", "999999")
    assert beyond == "live: nothing to verify: --from 999999 lies beyond position 2"


def test_events_verify_finds_a_changed_record(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    installation.seed()
    assert json.loads("\n".join(lines(installation, "events", "verify")))["intact"]
    with sqlite3.connect(tmp_path / "live.db") as database:
        database.execute("UPDATE events SET actor = 'user:someone-else' WHERE position = 2")
    assert refusal(installation, "events", "verify") == "live: the log is broken at position 2"


def test_keys_reseal_lets_the_old_master_key_go(tmp_path: Path) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    before = Installation(tmp_path, {"LIVE_MASTER_KEY": old})
    before.seed()
    lines(before, "token")
    both = {"LIVE_MASTER_KEY": new, "LIVE_PREVIOUS_MASTER_KEYS": old}
    assert lines(Installation(tmp_path, both), "keys", "reseal") == [
        "secrets\t0",
        "signing\t1",
        "persons\t1",
    ]
    changed = Installation(tmp_path, {"LIVE_MASTER_KEY": new})
    assert HOST_NAME in lines(changed, "events", "tail", "--personal")[0]
    assert len(lines(changed, "token")) == 1


def test_keys_replace_signs_with_another_key(installed: Installation) -> None:
    [before] = lines(installed, "token")
    assert lines(installed, "keys", "replace") == ["dropped\t1"]
    [after] = lines(installed, "token")
    assert before.partition(".")[0] != after.partition(".")[0]


def test_operators_commands_answer_beside_a_private_redis(installed: Installation) -> None:
    assert "live_streams" in "".join(lines(installed, "projections", "status"))
    assert lines(installed, "jobs", "status")[-1] == "dead\t0"
    assert lines(installed, "processes", "status")[-1] == "deadlines\t0\t-"
    assert "UnknownProjection" in refusal(installed, "projections", "rebuild", "nope")


def test_bad_setting_ends_with_one_line_that_names_it(tmp_path: Path) -> None:
    for name, value in (
        ("PORT", "eighty"),
        ("LIVE_MASTER_KEY", "short"),
        ("LIVE_CHECKPOINT_KEY", "no key"),
    ):
        done = Installation(tmp_path, {name: value}).run("events", "verify")
        assert done.returncode == 2, (name, done.stderr)
        [line] = done.stderr.splitlines()
        assert line.startswith(f"live: {name}: ")


def test_role_whose_health_port_is_taken_ends_before_it_has_started_anything(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = Installation(tmp_path, {"LIVE_HEALTH_PORT": port}).run_apart("worker")
    assert done.returncode == 1
    assert done.stderr.startswith(f"live: LIVE_HEALTH_PORT: cannot listen on 127.0.0.1 port {port}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "a..b"])
def test_host_that_is_not_this_machine_s_is_named(host: str) -> None:
    with pytest.raises(CannotListen, match=r"^HOST: cannot listen on "):
        claim_port(host, 8123)


@pytest.mark.parametrize(
    "folder", ["/proc/x", "/dev/null", "/dev/null/x", "~no-such-user/x", "loop"]
)
def test_state_folder_that_cannot_be_used_is_named(
    tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    done = Installation(tmp_path, {"VAR_DIR": folder}).run("events", "verify")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("live: VAR_DIR: ")


def test_production_names_the_first_setting_it_misses(tmp_path: Path) -> None:
    done = Installation(tmp_path, {"LIVE_ENV": "production"}).run_apart("serve")
    assert done.returncode == 2
    assert done.stderr.startswith("live: LIVE_DATABASE_URL: must be set in production")


def test_wrong_usage_ends_with_2(installed: Installation) -> None:
    assert installed.run("nonsense").returncode == 2
    assert CliRunner().invoke(live, ["jobs", "requeue"]).exit_code == 2


def test_simulators_run_by_hand_can_be_steered(tmp_path: Path) -> None:
    with Installation(tmp_path).running("simulate", "serve") as child:
        assert child.stdout is not None
        shown = [child.stdout.readline() for _ in range(3)]
        url = shown[0].split()[1].removesuffix("/client/v4")
        steering = Installation(tmp_path, {"LIVE_CLOUDFLARE_API_URL": f"{url}/client/v4"})
        deadline = time.monotonic() + 30
        while steering.run("simulate", "status").returncode and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "inputs\t0" in lines(steering, "simulate", "status")
        lines(steering, "simulate", "misbehave", "duplicate", "--times", "3")
        lines(steering, "simulate", "behave")
        assert lines(steering, "simulate", "webhooks") == []
        assert "live:" in refusal(steering, "simulate", "connect", "nobody")
        assert any(line.startswith("mei\t") for line in lines(steering, "simulate", "people"))
        assert '  "revoked": false,' in lines(steering, "simulate", "revoke", "line", "mei")
