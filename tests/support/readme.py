"""README's examples, pasted into a shell as they stand."""

import re
import subprocess

from tests.support.serving import ROOT, LiveServer


def pasted(mark: str, server: LiveServer, *, seconds: float) -> "subprocess.CompletedProcess[str]":
    """What the example behind `<!-- mark: … -->` came to, with `server` as the one it talks to."""
    page = (ROOT / "README.md").read_text()
    found = re.search(rf"<!-- {mark}: .*?-->\n```bash\n(.*?)```", page, re.S)
    assert found
    return subprocess.run(
        ["bash", "-c", found[1]],
        env=server.environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
