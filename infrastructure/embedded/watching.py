"""Starts a private server again when it has ended by itself."""

import threading
from collections.abc import Callable

import structlog

_LOOK_SECONDS = 0.5
_log = structlog.get_logger(__name__)


class Watch:
    """Looks after one server from a thread of its own, between `begin` and `end`."""

    def __init__(self, name: str, is_up: Callable[[], bool], start: Callable[[], None]) -> None:
        self._name = name
        self._is_up = is_up
        self._start = start
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name=f"watch {name}", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Returns once nothing is being started any more."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            if self._is_up():
                continue
            _log.warning("a private server ended by itself and is started again", name=self._name)
            try:
                self._start()
            except Exception as error:  # noqa: BLE001  # tried again at the next look
                _log.error("a private server does not start", name=self._name, error=str(error))
