"""The media of broadcasts on disk: one folder a video, one part a connection, and its playlists."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from infrastructure.simulators.cloudflare.broadcasts import Measured

PLAYLIST = "list.m3u8"
_LIVE_WINDOW = 6
_DEFAULT_TARGET = 2


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of media; `name` is its path below the video's folder."""

    name: str
    seconds: float
    starts_part: bool


class MediaLibrary:
    """Reads what the segmenters wrote. Unknown videos are empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def part(self, video_uid: str, number: int) -> Path:
        """The folder of one connection's media, made empty."""
        folder = self._folder / video_uid / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def segments(self, video_uid: str) -> list[Segment]:
        """In playing order."""
        folder = self._folder / video_uid
        if not folder.is_dir():
            return []
        parts = sorted((one for one in folder.iterdir() if one.name.isdigit()), key=_number)
        return [segment for part in parts for segment in _read_part(part)]

    def file(self, video_uid: str, name: str) -> Path | None:
        """The segment of this name, unless it leads out of the video's folder."""
        folder = (self._folder / video_uid).resolve()
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None

    def measure(self, video_uid: str) -> Measured:
        segments = self.segments(video_uid)
        folder = self._folder / video_uid
        return Measured(
            seconds=sum(segment.seconds for segment in segments),
            size=sum((folder / segment.name).stat().st_size for segment in segments),
        )

    def remove(self, video_uid: str) -> None:
        shutil.rmtree(self._folder / video_uid, ignore_errors=True)


def master_playlist(bandwidth: int, size: tuple[int, int], query: str) -> str:
    """One quality, the one that was sent. RFC 8216 §4.3.4.2."""
    width, height = size
    resolution = f",RESOLUTION={width}x{height}" if width > 0 else ""
    suffix = f"?{query}" if query else ""
    return (
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        f"#EXT-X-STREAM-INF:BANDWIDTH={bandwidth}{resolution}\nstream.m3u8{suffix}\n"
    )


def media_playlist(video_uid: str, segments: list[Segment], *, live: bool, dvr: bool) -> str:
    """RFC 8216 §4.3.3. Live: the last segments, or with `dvr` all of them as an EVENT;
    over: all of them as VOD. Another connection starts with a discontinuity."""
    sliding = live and not dvr
    first = max(0, len(segments) - _LIVE_WINDOW) if sliding else 0
    passed = sum(segment.starts_part for segment in segments[1 : first + 1])
    if first and segments[first].starts_part:
        passed -= 1
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{_target(segments)}",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{passed}",
    ]
    if not sliding:
        lines.append(f"#EXT-X-PLAYLIST-TYPE:{'EVENT' if live else 'VOD'}")
    lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    for number, segment in enumerate(segments[first:], start=first):
        if segment.starts_part and number:
            lines.append("#EXT-X-DISCONTINUITY")
        lines += [f"#EXTINF:{segment.seconds:.6f},", f"media/{video_uid}/{segment.name}"]
    if not live:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _target(segments: list[Segment]) -> int:
    """Whole seconds, no segment longer when rounded (RFC 8216 §4.3.3.1)."""
    return max((round(segment.seconds) for segment in segments), default=0) or _DEFAULT_TARGET


def _number(folder: Path) -> int:
    return int(folder.name)


def _read_part(part: Path) -> Iterator[Segment]:
    try:
        lines = (part / PLAYLIST).read_text().splitlines()
    except FileNotFoundError:
        return
    seconds, first = 0.0, True
    for line in lines:
        if line.startswith("#EXTINF:"):
            seconds = float(line.removeprefix("#EXTINF:").partition(",")[0])
        elif line and not line.startswith("#"):
            name = f"{part.name}/{Path(line).name}"
            yield Segment(name=name, seconds=seconds, starts_part=first)
            first = False
