"""Runs the `eventsourcing` library's own test cases, unittest classes, on each database."""

import sys
from typing import Any, ClassVar, TypeVar
from unittest import TestCase

import pytest
from eventsourcing.utils import Environment

from infrastructure.eventsourcing_module.factory import LogFactory

MODULE = "infrastructure.eventsourcing_module.factory"
MASTER_KEY = "a" * 43 + "="
LANES = ("mysql", "mariadb", "sqlite")

T = TypeVar("T", bound=TestCase)


class OnDatabase(TestCase):
    """Has a fresh database and the environment of an application in it; factories are closed."""

    __test__ = False
    lane: ClassVar[str]
    url: str

    @pytest.fixture(autouse=True)
    def _place(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = request.getfixturevalue(f"{self.lane}_url")
        for name, value in library_env(self.url).items():
            monkeypatch.setenv(name, value)

    def factory_of(self, name: str = "Tested", **env: str) -> LogFactory:
        factory = LogFactory(Environment(name, {**library_env(self.url), **env}))
        self.addCleanup(factory.close)
        return factory


def library_env(url: str) -> dict[str, str]:
    return {"PERSISTENCE_MODULE": MODULE, "LIVE_DATABASE_URL": url, "LIVE_MASTER_KEY": MASTER_KEY}


def on_each_database(test_case: type[T]) -> type[T]:
    """Puts a subclass of the test case for each database beside it."""
    module = sys.modules[test_case.__module__]
    for lane in LANES:
        name = f"{test_case.__name__}_{lane}"
        members: dict[str, Any] = {"lane": lane, "__test__": True, "__module__": module.__name__}
        setattr(module, name, type(name, (test_case,), members))
    return test_case
