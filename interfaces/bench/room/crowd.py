"""Many viewers of one room on plain sockets, in one thread, at the least cost for each delivery.

Sockets are read in sweeps some milliseconds apart, into one buffer. A chunk is not parsed: the
numbers that stand behind the messages' marker in it are what it delivered.
"""

import re
import select
import socket
from time import perf_counter, sleep, time_ns

from interfaces.bench.room.dialects import DIALECTS, Speaks, marker, upgrade

_BUFFER = 1 << 18
_ALIVE_SECONDS = 10.0
_DOOR_SECONDS = 30.0
_ADDRESSES = 8
_WATCHED = 5  # of one in so many viewers it is noted what came when


class Viewer:
    """`counted` messages came, and the `sum` of their numbers; `heard` has the number of each, and
    when, where it is watched."""

    __slots__ = ("acknowledged", "counted", "heard", "is_watched", "socket", "sum", "tail")

    def __init__(self, connection: socket.socket, *, is_watched: bool) -> None:
        self.socket = connection
        self.is_watched = is_watched
        self.tail = b""
        self.restart()

    def restart(self) -> None:
        self.counted = self.sum = 0
        self.acknowledged = 0
        self.heard: list[tuple[int, float]] = []


class Gone(Exception):
    """The server ended a viewer's connection, or takes nothing more from it."""


class Crowd:
    """Viewers of one room; `paths` has the address of each. `hears_answers` counts those too."""

    def __init__(self, speaks: Speaks, port: int, paths: list[str]) -> None:
        self.dialect = DIALECTS[speaks]
        self._address = ("127.0.0.1", port)
        self._paths = paths
        self._buffer = bytearray(_BUFFER)
        self._poll = select.poll()
        self._by_descriptor: dict[int, Viewer] = {}
        self._next_sweep = self._next_alive = 0.0
        self._said = time_ns() // 1000  # no load has had these references in the same room
        self.viewers: list[Viewer] = []
        self.hears_answers = False
        self.sweep_seconds = 0.005
        self.listen_for("nothing")

    def enter(self) -> None:
        """One after the other, each until it has been welcomed."""
        for number, path in enumerate(self._paths):
            source = f"127.0.0.{1 + number % _ADDRESSES}"  # an address has 28,000 ports
            connection = socket.create_connection(
                self._address, timeout=_DOOR_SECONDS, source_address=(source, 0)
            )
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._be_welcomed(connection, path)
            connection.settimeout(0)  # from now on, nothing waits
            viewer = Viewer(connection, is_watched=number % _WATCHED == 0)
            viewer.tail = bytes(self._kept)
            self.viewers.append(viewer)
            self._by_descriptor[connection.fileno()] = viewer
            self._poll.register(connection.fileno(), select.POLLIN)
            self.sweep_if_due()

    def leave(self) -> None:
        for viewer in self.viewers:
            self._poll.unregister(viewer.socket.fileno())
            viewer.socket.close()
        self.viewers.clear()
        self._by_descriptor.clear()

    def listen_for(self, run: str) -> None:
        """Only messages of that run count from now on."""
        self._marker = marker(run).encode()
        self._numbers = re.compile(re.escape(self._marker) + rb"(\d{7})")
        self._length = len(self._marker) + 7
        self._kept = max(self._length, len(self.dialect.acknowledged)) - 1
        self._room = memoryview(self._buffer)[self._kept :]
        for viewer in self.viewers:
            viewer.restart()
            viewer.tail = bytes(self._kept)

    def say(self, viewer: Viewer, text: str) -> None:
        """Under a reference of its own: with the same one again it would be the same message."""
        self._said += 1
        frame = self.dialect.frame(self._said, text)
        try:
            if viewer.socket.send(frame) == len(frame):
                return
        except OSError as problem:
            raise Gone(str(problem)) from problem
        raise Gone("the server does not read")

    def rest(self) -> None:
        """Until the next sweep: what comes meanwhile is read at once."""
        sleep(max(0.0, self._next_sweep - perf_counter()))

    def sweep_if_due(self) -> None:
        if perf_counter() >= self._next_sweep:
            self.sweep()

    def sweep(self) -> list[Viewer]:
        """Reads what has come; the viewers it came for. Raises `Gone`."""
        now = perf_counter()
        self._next_sweep = now + self.sweep_seconds
        if now > self._next_alive:
            self._next_alive = now + _ALIVE_SECONDS
            self._show_life()
        heard = [self._by_descriptor[each] for each, _ in self._poll.poll(0)]
        for viewer in heard:
            self._read(viewer)
        return heard

    def _read(self, viewer: Viewer) -> None:
        """What a chunk's end cuts in two is found with the next chunk: its last bytes are kept,
        fewer than make a whole of what is looked for."""
        kept, buffer = self._kept, self._buffer
        buffer[:kept] = viewer.tail
        try:
            got = viewer.socket.recv_into(self._room)
        except OSError as problem:
            raise Gone(str(problem)) from problem
        end = kept + got
        if not got:
            raise Gone("the server ended a connection")
        viewer.tail = bytes(buffer[end - kept : end])
        found = self._numbers.findall(buffer, kept - self._length + 1, end)
        numbers = list(map(int, found))
        viewer.counted += len(numbers)
        viewer.sum += sum(numbers)
        if viewer.is_watched:
            now = perf_counter()
            viewer.heard += [(number, now) for number in numbers]
        if self.hears_answers:
            answer = self.dialect.acknowledged
            viewer.acknowledged += buffer.count(answer, kept - len(answer) + 1, end)

    def _be_welcomed(self, connection: socket.socket, path: str) -> None:
        connection.sendall(upgrade(path))
        heard = b""
        while b"\r\n\r\n" not in heard:
            heard += self._more(connection, heard)
        connection.sendall(self.dialect.first)
        while self.dialect.greeting not in heard:
            heard += self._more(connection, heard)

    def _more(self, connection: socket.socket, heard: bytes) -> bytes:
        got = connection.recv(_BUFFER)
        if not got:
            raise Gone(f"not let in: {heard[:200]!r}")
        return got

    def _show_life(self) -> None:
        """Before anybody takes the client for dead; a server that is behind may not read it."""
        for viewer in self.viewers:
            try:
                viewer.socket.send(self.dialect.alive)
            except OSError as problem:
                raise Gone(str(problem)) from problem
