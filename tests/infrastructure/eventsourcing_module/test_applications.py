"""The library's own cases for applications, configured by environment alone."""

import pytest
from eventsourcing.tests import application as library

from tests.support.library import OnDatabase, on_each_database


@on_each_database
class TestExampleApplication(OnDatabase, library.ExampleApplicationTestCase):
    expected_factory_topic = "infrastructure.eventsourcing_module.factory:LogFactory"


@on_each_database
@pytest.mark.filterwarnings("default:'log' is deprecated:DeprecationWarning")
class TestApplication(OnDatabase, library.ApplicationTestCase):
    pass
