"""The same servers in Docker containers, for a machine whose Docker answers."""

import shutil
import subprocess
import uuid
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import msgspec

from tests.support.servers import Server, mysql_answers, redis_answers

_DURABLE = (
    "--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1", "--max-connections=800",
    "--innodb-buffer-pool-size=512M",
)  # fmt: skip


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, the port inside, and how to tell that it is ready."""

    name: str
    port: int
    url: str
    answers: Callable[[int], bool]
    environ: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()


_IMAGES = {
    "mysql": Image(
        name="mysql:9",
        port=3306,
        url="mysql+asyncmy://root@127.0.0.1",
        answers=mysql_answers,
        environ=("MYSQL_ALLOW_EMPTY_PASSWORD=1",),
        arguments=_DURABLE,
    ),
    "mariadb": Image(
        name="mariadb:11",
        port=3306,
        url="mariadb+asyncmy://root@127.0.0.1",
        answers=mysql_answers,
        environ=("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1",),
        arguments=_DURABLE,
    ),
    "redis": Image(
        name="redis:7",
        port=6379,
        url="redis://127.0.0.1",
        answers=redis_answers,
        arguments=("redis-server", "--databases", "64", "--save", ""),
    ),
}


class ContainerServer(Server):
    """`stop` and `kill` leave the container and its data, so `start` brings the same one back."""

    def __init__(self, folder: Path | None = None, *, image: Image) -> None:
        super().__init__(folder)
        self.image = image
        self.name = f"live-test-{uuid.uuid4().hex[:12]}"

    @property
    def url(self) -> str:
        return f"{self.image.url}:{self.port}"

    def prepare(self) -> None:
        environ = [word for pair in self.image.environ for word in ("--env", pair)]
        publish = f"127.0.0.1:{self.port}:{self.image.port}"
        (self.folder / "container").write_text(self.name)
        _docker(
            "create", "--name", self.name, "--publish", publish, *environ,
            self.image.name, *self.image.arguments,
        )  # fmt: skip

    def start(self) -> None:
        _docker("start", self.name)
        self._await_ready()

    def stop(self) -> None:
        _docker("stop", self.name)

    def kill(self) -> None:
        _docker("kill", self.name)

    def answers(self) -> bool:
        return self.image.answers(self.port)


def container_server(service: str) -> Callable[[Path], Server]:
    return partial(ContainerServer, image=_IMAGES[service])


@cache
def docker_answers() -> bool:
    if not shutil.which("docker"):
        return False
    try:
        asked = subprocess.run(["docker", "info"], capture_output=True, timeout=10, check=False)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _docker(*arguments: str) -> None:
    subprocess.run(["docker", *arguments], capture_output=True, timeout=600, check=True)
