"""README's live room, pasted as it stands, against `live serve` with nothing configured."""

from pathlib import Path

import pytest

from tests.support.readme import pasted
from tests.support.serving import LiveServer

_SECONDS = 90

pytestmark = pytest.mark.system


def test_readmes_room_works_as_it_stands(tmp_path: Path) -> None:
    with LiveServer(tmp_path) as server:
        shell = pasted("room", server, seconds=_SECONDS)

    assert '"type":"welcome"' in shell.stdout, shell.stderr
    assert '"type":"message"' in shell.stdout
    assert "สวัสดีค่ะ A01+2" in shell.stdout
    assert '"code":"blocked_word"' in shell.stdout
    assert "messages said" in shell.stdout
