"""README's first sale, pasted as it stands, against `live serve` with nothing configured."""

from pathlib import Path

import pytest

from tests.support.readme import pasted
from tests.support.serving import LiveServer

_SECONDS = 90

pytestmark = pytest.mark.system


def test_readmes_sale_works_as_it_stands(tmp_path: Path) -> None:
    with LiveServer(tmp_path) as server:
        shell = pasted("sale", server, seconds=_SECONDS)

    assert '"available":1' in shell.stdout, shell.stderr
    assert '"status":"captured"' in shell.stdout
    assert '"status":"shipped"' in shell.stdout
    assert "inventory.StockCommitted" in shell.stdout
