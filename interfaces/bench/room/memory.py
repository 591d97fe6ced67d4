"""How much memory a process has, where the system tells (Linux)."""

from pathlib import Path


def resident_kb(pid: int) -> int | None:
    """Resident set size in KiB."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    [line] = [each for each in status.read_text().splitlines() if each.startswith("VmRSS")]
    return int(line.split()[1])
