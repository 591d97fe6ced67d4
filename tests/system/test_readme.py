"""README's example, pasted as it stands, against `live serve` with nothing configured."""

import re
from pathlib import Path

import pytest

from tests.support.readme import pasted
from tests.support.serving import LiveServer

_EXAMPLE_SECONDS = 150

pytestmark = pytest.mark.system


def test_readmes_example_works_as_it_stands(tmp_path: Path) -> None:
    with LiveServer(tmp_path) as server:
        shell = pasted("example", server, seconds=_EXAMPLE_SECONDS)

    statuses = re.findall(r"^status: (\w+)$", shell.stdout, re.M)
    assert statuses == ["ready", "live", "interrupted", "live", "archived"], shell.stderr
    assert "'status': 'ready'" in shell.stdout
    assert "LiveStreamArchived" in shell.stdout
