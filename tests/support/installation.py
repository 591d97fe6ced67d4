"""A state folder with tables and a few events in it, and the program `live` run on it."""

import asyncio
import contextlib
import io
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import structlog

from application.ports import Dispatch
from application.streaming.handlers import HANDLERS
from domain.streaming.commands import CancelLiveStream, ScheduleLiveStream
from infrastructure.embedded.surroundings import completed
from infrastructure.event_store.opening import open_event_store
from infrastructure.ids import new_id
from infrastructure.migrations.migrating import upgrade
from infrastructure.settings import load_settings
from interfaces.bootstrap.store import open_store
from interfaces.cli.main import main

STREAM_ID = "01900000-0000-7000-8000-00000000000a"
HOST_NAME = "Lin Planted-Name"


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@contextlib.contextmanager
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()


class Installation:
    """`run` runs `live` with the folder as VAR_DIR."""

    def __init__(self, folder: Path, extra: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environ = {**kept, "VAR_DIR": str(folder), **(extra or {})}

    def run(self, *arguments: str) -> Done:
        """In this process: starting one takes longer than the command."""
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.dict(os.environ, self.environ, clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            _logging_as_before(),
        ):
            try:
                main(list(arguments))
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        return Done(code, out.getvalue(), err.getvalue())

    def run_apart(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "interfaces.cli", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        child = subprocess.Popen(
            [sys.executable, "-m", "interfaces.cli", *arguments],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield child
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
            try:
                child.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.communicate()

    def seed(self) -> None:
        """Tables, and a show that was scheduled and cancelled."""
        asyncio.run(self._seed())

    async def _seed(self) -> None:
        settings = completed(load_settings(self.environ))
        async with open_store(settings) as store:
            await upgrade(store.engine)
            opened = open_event_store(store.engine, store.codec, HANDLERS, store.signal)
            await opened.sequencer.start()
            for command in (_scheduled(), CancelLiveStream(stream_id=STREAM_ID, by="host-1")):
                await opened.sequencer.execute(
                    Dispatch(
                        command=command,
                        command_id=new_id(),
                        actor="user:host-1",
                        now=datetime.now(UTC),
                    )
                )
            await opened.sequencer.stop()


def _scheduled() -> ScheduleLiveStream:
    return ScheduleLiveStream(
        stream_id=STREAM_ID,
        by="host-1",
        host_name=HOST_NAME,
        title="Test Stream",
        description="Testing",
        market="TW",
        language="en",
        now=datetime.now(UTC),
    )
