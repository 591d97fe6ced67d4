"""The simulators as a process of their own, for tests that kill it. Says where it listens."""

import asyncio
import sys
from pathlib import Path

from infrastructure.simulators.config import SimulatorConfig
from infrastructure.simulators.serving import serve_simulators


def main(var_dir: str, port: str, rtmp_port: str) -> None:
    config = SimulatorConfig(
        var_dir=Path(var_dir), port=int(port), rtmp_port=int(rtmp_port), leave_with_parent=True
    )
    asyncio.run(serve_simulators(config))


if __name__ == "__main__":
    main(*sys.argv[1:])
