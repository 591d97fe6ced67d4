"""Who runs the private servers of a state folder: one process at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class InUse(Exception):
    """Another process has the state folder. The text names it where that is known."""


@contextmanager
def owning(var_dir: Path, *, patience: float) -> Iterator[None]:
    """Holds the state folder; waits `patience` seconds for a process that is just leaving.

    The lock is the kernel's and goes with the process, however it ends. Raises `InUse`.
    """
    var_dir.mkdir(parents=True, exist_ok=True)
    path = var_dir / "owner"
    with path.open("a+") as file:
        _lock(file, path, time.monotonic() + patience)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock(file: IO[str], path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = path.read_text() or "unknown"
                raise InUse(f"{path.parent} is in use by process {holder}") from None
            time.sleep(0.1)
        else:
            return
