"""Stops the servers of a test run once the run is over, however it ended.

Runs as a process of its own, on the standard library alone: it reads standard input until the
run's process closes it, by finishing or by being killed, then ends what stands in the folder.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

_PATIENCE_SECONDS = 10.0


def main(folder: Path) -> None:
    sys.stdin.buffer.read()
    for note in folder.rglob("container"):
        subprocess.run(["docker", "rm", "-fv", note.read_text()], capture_output=True, check=False)
    end([int(note.read_text()) for note in folder.rglob("pid")], folder)
    shutil.rmtree(folder, ignore_errors=True)


def end(pids: list[int], folder: Path) -> None:
    """Asks each process to stop, and kills what has not after ten seconds."""
    running = [pid for pid in pids if serves(pid, folder)]
    _signal(running, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while running and time.monotonic() < deadline:
        time.sleep(0.05)
        running = [pid for pid in running if serves(pid, folder)]
    _signal(running, signal.SIGKILL)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def serves(pid: int, folder: Path) -> bool:
    """Whether `pid` is still the server we started: a number may have passed to someone else."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        asked = subprocess.run(
            ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        command = asked.stdout
    return str(folder) in command


if __name__ == "__main__":
    main(Path(sys.argv[1]))
