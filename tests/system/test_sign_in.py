"""README's sign-in, pasted as it stands, against `live serve` with nothing configured."""

from pathlib import Path

import httpx
import pytest

from tests.support.readme import pasted
from tests.support.serving import LiveServer

_SECONDS = 60

pytestmark = pytest.mark.system


def test_readmes_sign_in_works_as_it_stands(tmp_path: Path) -> None:
    with LiveServer(tmp_path) as server:
        shell = pasted("sign-in", server, seconds=_SECONDS)
        page = httpx.get(f"http://localhost:{server.port}/sign-in")

    assert "林美玲" in shell.stdout, shell.stderr
    assert '"provider":"line"' in shell.stdout
    assert '"status":"erasing"' in shell.stdout
    assert "/api/v1/auth/line/authorize" in page.text
    assert "林美玲" not in server.output
