"""Finds ffmpeg, and runs test encoders that push a moving picture like a host's OBS."""

import asyncio
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process

import imageio_ffmpeg  # type: ignore[import-untyped]

QUIET = ("-hide_banner", "-loglevel", "error", "-nostdin")
_PICTURE = "testsrc2=size=320x180:rate=12"
_TONE = "sine=frequency=440:sample_rate=44100"
_INPUT = ("-f", "lavfi", "-i", _PICTURE, "-f", "lavfi", "-i", _TONE)
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "baseline")
_VIDEO = (*_H264, "-pix_fmt", "yuv420p", "-g", "24", "-b:v", "200k")
_AUDIO = ("-c:a", "aac", "-b:a", "48k")


def ffmpeg_program() -> str:
    """The one on PATH, else the one that comes with imageio-ffmpeg."""
    return shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe()


def picture_arguments(target: str) -> list[str]:
    """320x180 at 12 frames a second, a keyframe every two seconds, as live RTMP."""
    return [*QUIET, "-re", *_INPUT, *_VIDEO, *_AUDIO, "-f", "flv", target]


async def end(process: Process, *, patience: float = 3) -> None:
    """Waits for a child that is expected to leave, then kills it."""
    try:
        await asyncio.wait_for(process.wait(), patience)
    except TimeoutError:
        if process.returncode is None:
            process.kill()
        await process.wait()


class TestEncoders:
    """At most one an input. They end with the simulators: their connection breaks."""

    __test__ = False

    def __init__(self) -> None:
        self._running: dict[str, Process] = {}

    async def start(self, input_uid: str, target: str) -> None:
        """In place of the one that may be running."""
        await self.stop(input_uid)
        self._running[input_uid] = await asyncio.create_subprocess_exec(
            ffmpeg_program(), *picture_arguments(target), stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL
        )

    async def stop(self, input_uid: str) -> bool:
        """Whether there was one."""
        process = self._running.pop(input_uid, None)
        if process is None:
            return False
        if process.returncode is None:
            process.terminate()
        await end(process)
        return True

    async def stop_all(self) -> None:
        for input_uid in tuple(self._running):
            await self.stop(input_uid)
