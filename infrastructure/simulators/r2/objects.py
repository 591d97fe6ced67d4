"""Keeps the simulated buckets: what is known of an object in SQLite, its bytes in a file."""

import hashlib
import sqlite3
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from infrastructure.simulators.documents import Documents
from infrastructure.simulators.r2.errors import S3Error, no_such_bucket, no_such_key

_LARGEST = 5 * 1024**3 - 5 * 1024**2
_LONGEST_KEY = 1024


class Bucket(msgspec.Struct, frozen=True):
    name: str
    created: datetime


class ObjectRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`headers` are handed back as they were put; `md5` makes the ETag."""

    bucket: str
    key: str
    size: int
    md5: str
    modified: datetime
    file: str
    headers: dict[str, str]

    @property
    def etag(self) -> str:
        return f'"{self.md5}"'


class Digests(msgspec.Struct, frozen=True):
    """Of a received body; the file holds it until it is kept or dropped."""

    path: Path
    size: int
    md5: bytes
    sha256: str


class ObjectShelf:
    """All buckets."""

    def __init__(
        self, database: sqlite3.Connection, folder: Path, buckets: tuple[str, ...]
    ) -> None:
        self._folder = folder
        self._buckets = Documents(database, "r2_bucket", Bucket)
        self._objects = Documents(database, "r2_object", ObjectRecord)
        folder.mkdir(parents=True, exist_ok=True)
        for name in buckets:
            self.create_bucket(name)

    def create_bucket(self, name: str) -> None:
        if self._buckets.get(name) is None:
            self._buckets.save(name, Bucket(name, datetime.now(UTC)))

    def need_bucket(self, name: str) -> None:
        if self._buckets.get(name) is None:
            raise no_such_bucket()

    def find(self, bucket: str, key: str) -> ObjectRecord | None:
        self.need_bucket(bucket)
        return self._objects.get(f"{bucket}/{key}")

    def get(self, bucket: str, key: str) -> ObjectRecord:
        record = self.find(bucket, key)
        if record is None:
            raise no_such_key()
        return record

    def path(self, record: ObjectRecord) -> Path:
        return self._folder / record.file

    def listed(self, bucket: str, prefix: str) -> list[ObjectRecord]:
        """In byte order of the keys, as ListObjectsV2 gives them."""
        self.need_bucket(bucket)
        found = [
            one for one in self._objects if one.bucket == bucket and one.key.startswith(prefix)
        ]
        return sorted(found, key=lambda record: record.key.encode())

    async def receive(self, body: AsyncIterator[bytes]) -> Digests:
        """Writes a body beside the objects. Raises `S3Error` when it is too large."""
        path = self._folder / uuid.uuid4().hex
        md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
        with path.open("wb") as file:
            async for part in body:
                size += len(part)
                if size > _LARGEST:
                    path.unlink()
                    raise S3Error(400, "EntityTooLarge", "The object is too large.")
                md5.update(part)
                sha256.update(part)
                file.write(part)
        return Digests(path, size, md5.digest(), sha256.hexdigest())

    def keep(
        self, bucket: str, key: str, received: Digests, headers: dict[str, str]
    ) -> ObjectRecord:
        if len(key.encode()) > _LONGEST_KEY:
            raise S3Error(400, "KeyTooLongError", "Your key is too long.")
        earlier = self.find(bucket, key)
        record = ObjectRecord(
            bucket=bucket,
            key=key,
            size=received.size,
            md5=received.md5.hex(),
            modified=datetime.now(UTC).replace(microsecond=0),
            file=received.path.name,
            headers=headers,
        )
        self._objects.save(f"{bucket}/{key}", record)
        if earlier is not None:
            self.path(earlier).unlink(missing_ok=True)
        return record

    def delete(self, bucket: str, key: str) -> None:
        """What is not there counts as deleted."""
        self.need_bucket(bucket)
        record = self._objects.remove(f"{bucket}/{key}")
        if record is not None:
            self.path(record).unlink(missing_ok=True)
