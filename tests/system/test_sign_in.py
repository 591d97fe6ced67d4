"""README's sign-in, pasted as it stands, against `live serve` with nothing configured."""

import re
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.support.serving import ROOT, LiveServer

_SECONDS = 60

pytestmark = pytest.mark.system


def example() -> str:
    page = (ROOT / "README.md").read_text()
    found = re.search(r"<!-- sign-in: .*?-->\n```bash\n(.*?)```", page, re.S)
    assert found
    return found[1]


def test_readmes_sign_in_works_as_it_stands(tmp_path: Path) -> None:
    with LiveServer(tmp_path) as server:
        shell = subprocess.run(
            ["bash", "-c", example()],
            env=server.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        page = httpx.get(f"http://localhost:{server.port}/sign-in")

    assert "林美玲" in shell.stdout, shell.stderr
    assert '"provider":"line"' in shell.stdout
    assert '"status":"erasing"' in shell.stdout
    assert "/api/v1/auth/line/authorize" in page.text
    assert "林美玲" not in server.output
