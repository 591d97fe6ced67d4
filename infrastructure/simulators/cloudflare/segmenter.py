"""Cuts an incoming feed into HLS segments with ffmpeg, without encoding anew."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from infrastructure.simulators.cloudflare.encoder import end, ffmpeg_program
from infrastructure.simulators.cloudflare.flv import HEADER
from infrastructure.simulators.cloudflare.media import PLAYLIST

# Little looking ahead: codecs are known from the first tags.
_INPUT = "-f flv -analyzeduration 1000000 -fpsprobesize 0 -i pipe:0 -map 0:v:0 -map 0:a:0?"
_OUTPUT = "-c copy -f hls -hls_time 2 -hls_list_size 0 -hls_flags temp_file"


class Segmenter:
    """A child that reads FLV from us. It ends when we do: its input closes."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, folder: Path) -> "Segmenter":
        process = await asyncio.create_subprocess_exec(
            ffmpeg_program(),
            *("-hide_banner", "-loglevel", "error"),
            *_INPUT.split(),
            *_OUTPUT.split(),
            *("-hls_segment_filename", str(folder / "%05d.ts"), str(folder / PLAYLIST)),
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=DEVNULL,
            start_new_session=True,
        )
        segmenter = cls(process)
        await segmenter.write(HEADER)
        return segmenter

    async def write(self, data: bytes) -> None:
        """Waits while ffmpeg is busy. Raises ConnectionError when it is gone."""
        if self._process.stdin is None:
            raise ConnectionError("the segmenter has no input")
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    async def close(self) -> None:
        """The last segment is on disk afterwards."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        await end(self._process)
