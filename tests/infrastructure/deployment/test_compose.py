"""compose.yaml: every service is bounded, watched and unprivileged, and its settings exist."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from msgspec.structs import replace

from infrastructure.deployment.env_file import development, main, production
from infrastructure.embedded.simulated_identity import identity_config
from infrastructure.settings import SETTINGS, load_settings
from infrastructure.simulators.config import SimulatorConfig
from interfaces.http.app import BASE

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"migrations", "api", "projector", "worker", "scheduler"}
KNOWN = {setting.variable for setting in SETTINGS.values()}
OF_COMPOSE = {
    "COMPOSE_PROFILES", "FORWARDED_ALLOW_IPS", "HTTP_PORT", "HTTPS_PORT", "LIVE_VERSION",
    "MYSQL_PASSWORD", "SIMULATED_APPLE_PUBLIC_KEY", "SITE_ADDRESS",
}  # fmt: skip

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())


def test_everything_the_platform_needs_is_there() -> None:
    assert OURS | {"mysql", "redis", "redis-jobs", "proxy", "simulators"} == SERVICES.keys()
    assert SERVICES["api"]["deploy"]["replicas"] == 2


@each_service
def test_service_is_bounded(service: dict[str, Any]) -> None:
    limits = service["deploy"]["resources"]["limits"]
    assert float(limits["cpus"]) > 0
    assert re.fullmatch(r"\d+[MG]", limits["memory"])


@each_service
def test_service_is_watched(service: dict[str, Any]) -> None:
    runs_once = service["restart"].startswith("on-failure")
    assert runs_once or service["healthcheck"]["test"]


@each_service
def test_service_has_no_privileges(service: dict[str, Any]) -> None:
    assert not service["user"].startswith(("0", "root"))
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_api_is_reached_through_the_proxy_alone() -> None:
    """It believes whom the proxy names as the caller."""
    assert {name for name, service in SERVICES.items() if "ports" in service} == {
        "proxy",
        "simulators",
    }


def test_metrics_stay_inside_wherever_the_api_serves_them() -> None:
    text = (ROOT / "infrastructure" / "deployment" / "Caddyfile").read_text()
    hidden = re.search(r"@inside path (.*)", text)
    assert hidden is not None
    for prefix in ("", BASE):
        assert {f"{prefix}/metrics", f"{prefix}/metrics/*"} <= set(hidden[1].split())


def test_roles_wait_for_the_schema() -> None:
    for name in OURS - {"migrations"}:
        condition = SERVICES[name]["depends_on"]["migrations"]["condition"]
        assert condition == "service_completed_successfully"


def test_jobs_survive_a_restart_and_nothing_is_evicted() -> None:
    assert SERVICES["redis-jobs"]["command"][1:3] == ["--appendonly", "yes"]
    for name in ("redis", "redis-jobs"):
        assert SERVICES[name]["command"][-1] == "noeviction"


def test_variables_exist() -> None:
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT))
    given = {name for name in OURS for name in SERVICES[name]["environment"]}
    assert asked | given <= KNOWN | OF_COMPOSE


def test_simulators_config_is_one() -> None:
    text = re.sub(r"\$\{\w+:-\}", "x", SERVICES["simulators"]["environment"]["SIMULATORS"])
    config = msgspec.json.decode(text, type=SimulatorConfig, dec_hook=lambda _, raw: Path(raw))
    names = set(msgspec.json.decode(text))
    assert names <= {field.name for field in msgspec.structs.fields(SimulatorConfig)}
    assert config.port == 8090


def test_simulated_providers_know_the_client_of_the_env_file() -> None:
    given = development()
    text = re.sub(
        r"\$\{(\w+):-\}",
        lambda found: given[found[1]],
        SERVICES["simulators"]["environment"]["SIMULATORS"],
    )
    config = msgspec.json.decode(text, type=SimulatorConfig, dec_hook=lambda _, raw: Path(raw))
    expected = identity_config(load_settings(given), webhooks_at="http://api:8000")
    assert set(config.identity.callbacks) < set(expected.callbacks)
    assert replace(config.identity, callbacks=expected.callbacks) == expected


def test_development_env_file_is_complete() -> None:
    settings = load_settings(development())
    assert settings.cloudflare_api_url.startswith("http://simulators.localhost:8090")
    assert settings.r2_public_url == "http://simulators.localhost:8090/media"  # unsigned
    assert development().keys() <= KNOWN | OF_COMPOSE


def test_production_env_file_leaves_only_what_the_operator_knows() -> None:
    addresses = set(SERVICES["api"]["environment"])
    required = {item.variable for item in SETTINGS.values() if item.required_in_production}
    assert required <= production().keys() | addresses
    assert production().keys() <= KNOWN | OF_COMPOSE
    assert "LIVE_MASTER_KEY" not in {name for name, value in production().items() if not value}


def test_env_file_keeps_a_key_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    lines = capsys.readouterr().out.splitlines()
    assert all(re.match(r'[A-Z0-9_]+=("-----BEGIN .*-----"|[^"]*)$', line) for line in lines)


def test_secrets_differ_each_time() -> None:
    assert development()["LIVE_MASTER_KEY"] != development()["LIVE_MASTER_KEY"]


@pytest.mark.parametrize("stage", ["live", "proxy"])
def test_image_runs_without_privileges_and_holds_no_secret(stage: str) -> None:
    text = (ROOT / "infrastructure" / "deployment" / "Dockerfile").read_text()
    part = next(part for part in text.split("\nFROM ") if f" AS {stage}\n" in part)
    assert re.search(r"^USER (?!0|root)", part, re.M)
    assert not re.search(r"^ARG|(?:KEY|TOKEN|SECRET|PASSWORD)\w*=", part, re.M)


def test_image_context_is_a_list_of_what_is_let_in() -> None:
    ignore = ROOT / "infrastructure" / "deployment" / "Dockerfile.dockerignore"
    lines = [line for line in ignore.read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert not any(".env" in line or "var" in line for line in lines if line.startswith("!"))
