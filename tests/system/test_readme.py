"""README's example, pasted as it stands, against `live serve` with nothing configured."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.serving import ROOT, LiveServer

_EXAMPLE_SECONDS = 150

pytestmark = pytest.mark.system


def example() -> str:
    page = (ROOT / "README.md").read_text()
    found = re.search(r"<!-- example: .*?-->\n```bash\n(.*?)```", page, re.S)
    assert found
    return found[1]


def test_readmes_example_works_as_it_stands(tmp_path: Path) -> None:
    with LiveServer(tmp_path) as server:
        shell = subprocess.run(
            ["bash", "-c", example()],
            env=server.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_EXAMPLE_SECONDS,
            check=False,
        )

    statuses = re.findall(r"^status: (\w+)$", shell.stdout, re.M)
    assert statuses == ["ready", "live", "interrupted", "live", "archived"], shell.stderr
    assert "'status': 'ready'" in shell.stdout
    assert "LiveStreamArchived" in shell.stdout
