"""Finds ports for private servers."""

import socket


def free_port(host: str) -> int:
    """One that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
