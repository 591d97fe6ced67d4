"""Finds the server programs tests run: on PATH, else from the distribution's packages.

Owns where a program comes from. Running it is the work of servers.py.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Argv = tuple[str, ...]

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin:/opt/homebrew/bin:/usr/local/bin"


class Unavailable(Exception):
    """A service cannot be had here. The text says what to set or install."""

    def __init__(self, service: str, reason: str = "") -> None:
        variable = f"TEST_{service.upper()}_URL"
        super().__init__(
            f"no {service} to test with: set {variable}, start Docker, or install it"
            f"{' (' + reason + ')' if reason else ''}"
        )


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "live-commerce"


def redis_server() -> Argv:
    found = _which("redis-server") or _which("valkey-server")
    return (found or _from_packages("redis", "redis-server", "redis-server"),)


def mariadbd() -> Argv:
    """Its set-up script needs a program of the client's package."""
    found = _which("mariadbd")
    if found and _which("my_print_defaults"):
        return (found,)
    packages = ("mariadb-server-core", "mariadb-client-core")
    return (_from_packages("mariadb", "mariadbd", *packages),)


def mariadb_install_db() -> str:
    """Comes in the same package as the server."""
    mariadbd()
    found = _which("mariadb-install-db")
    if not found:
        raise Unavailable("mariadb", "mariadb-install-db is missing")
    return found


def mysqld() -> Argv:
    """The program of Oracle's MySQL, with the options that say where its own files are."""
    found = _which("mysqld")
    if found and _is_oracles((found,)):
        return (found,)
    return _unpacked_mysqld(_mysql_folder())


def _which(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}")


def _is_oracles(argv: Argv) -> bool:
    """MariaDB also installs a `mysqld`."""
    said = subprocess.run([*argv, "--version"], capture_output=True, text=True, check=False)
    return said.returncode == 0 and "MariaDB" not in said.stdout


def _from_packages(service: str, program: str, *packages: str) -> str:
    _install(service, *packages)
    found = _which(program)
    if not found:
        raise Unavailable(service, f"{program} is not in {', '.join(packages)}")
    return found


def _install(service: str, *packages: str) -> None:
    """As root on Debian or Ubuntu; keeps a package's own service from being started."""
    if os.geteuid() != 0 or not _which("apt-get"):
        raise Unavailable(service)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    apt = ["apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=300"]
    with _one_at_a_time("packages"):
        for task in (["update"], ["install", "--no-install-recommends", *packages]):
            done = subprocess.run(
                [*apt, *task], env=environ, capture_output=True, text=True, timeout=900, check=False
            )
    if done.returncode:
        raise Unavailable(service, done.stderr.strip().rpartition("\n")[2])


def _mysql_folder() -> Path:
    """Debian stable has no MySQL: unstable's is unpacked once into the cache, without installing.

    It runs on the libraries unpacked with it, so the distribution's own do not matter.
    """
    with _one_at_a_time("mysql"):
        kept = sorted(cache_folder().glob("mysql-[0-9]*"))
        return kept[-1] if kept else _unpack_mysql()


def _unpack_mysql() -> Path:
    if not _which("mmdebstrap"):
        _install("mysql", "mmdebstrap", "debian-archive-keyring")
    if os.geteuid() != 0:
        raise Unavailable("mysql")
    folder = Path(tempfile.mkdtemp(prefix="unpacking-", dir=cache_folder()))
    command = ["mmdebstrap", "--variant=extract", '--aptopt=Acquire::Check-Valid-Until "false"']
    done = subprocess.run(
        [*command, "--include=mysql-server-core", "sid", str(folder)],
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise Unavailable("mysql", done.stderr.strip().rpartition("\n")[2])
    return _keep(folder)


def _keep(folder: Path) -> Path:
    argv = _unpacked_mysqld(folder)
    said = subprocess.run([*argv, "--version"], capture_output=True, text=True, check=True)
    version = said.stdout.partition("Ver ")[2].split("-")[0].split(" ")[0]
    return folder.rename(cache_folder() / f"mysql-{version}")


def _unpacked_mysqld(folder: Path) -> Argv:
    """Started through the loader and libraries it was unpacked with."""
    libraries = folder / "usr/lib" / f"{platform.machine()}-linux-gnu"
    loader = next(folder.glob("usr/lib*/ld-linux*.so.*"))
    return (
        str(loader), "--library-path", str(libraries), str(folder / "usr/sbin/mysqld"),
        "--no-defaults", f"--basedir={folder}/usr", f"--lc-messages-dir={folder}/usr/share/mysql",
        f"--plugin-dir={folder}/usr/lib/mysql/plugin",
    )  # fmt: skip


@contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
