"""How many connections one person, and one address, has to this process' rooms."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from interfaces.http.limits import Client, network
from interfaces.http.refusals import Refusal


class TooManyConnections(Refusal):
    """Neither time nor trying again helps: one of the others must end."""

    code = "too_many_connections"
    status = 429


class Connections:
    """`per_person` and `per_address`: the most there may be; 0: no limit. Those of an IPv6 /64
    are one address."""

    def __init__(self, *, per_person: int, per_address: int) -> None:
        self._per_person = per_person
        self._per_address = per_address
        self._open = Counter[str]()

    @contextmanager
    def from_address(self, client: Client) -> Iterator[None]:
        """Inside, it is counted. Raises `TooManyConnections`."""
        with self._counted(f"at:{network(client)}", self._per_address):
            yield

    @contextmanager
    def of_person(self, user_id: str) -> Iterator[None]:
        """Inside, it is counted. Raises `TooManyConnections`."""
        with self._counted(user_id, self._per_person):
            yield

    @contextmanager
    def _counted(self, key: str, most: int) -> Iterator[None]:
        if most and self._open[key] >= most:
            raise TooManyConnections
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
