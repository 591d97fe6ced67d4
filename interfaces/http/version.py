"""The running version, as installed."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("live-commerce")
except PackageNotFoundError:
    VERSION = "unreleased"
