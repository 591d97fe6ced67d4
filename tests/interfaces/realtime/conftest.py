"""The same running API as HTTP's tests have: one a module, or one with settings of its own."""

from tests.interfaces.http.conftest import api, module_settings, settings

__all__ = ["api", "module_settings", "settings"]
