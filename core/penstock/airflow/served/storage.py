"""ObjectStoragePath: paths of files anywhere that fsspec reaches (``pip install 'penstock[airflow]'``)."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from urllib.parse import urlsplit

from penstock.task_process.xcom_codec import teach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_stores: dict[str, Any] = {}


def attach(
    protocol: str | None = None,
    conn_id: str | None = None,
    alias: str | None = None,
    fs: Any = None,
    **more: Any,
) -> str:
    """Have paths under *alias* or *protocol* use the file system *fs*; return the name."""
    del more
    name = alias or (f"{protocol}-{conn_id}" if conn_id else protocol) or "file"
    if fs is not None:
        _stores[name] = fs
    return name


class ObjectStoragePath:
    """A path in a bucket, on a server or on the disk: ``ObjectStoragePath("s3://conn@bucket/key")``."""

    __slots__ = ("_bucket", "_options", "_path", "conn_id", "protocol")

    def __init__(
        self, *parts: Any, protocol: str | None = None, conn_id: str | None = None, **options: Any
    ) -> None:
        first, rest = (str(parts[0]) if parts else "."), parts[1:]
        split = urlsplit(first)
        self.protocol = protocol or split.scheme or "file"
        user, _, host = split.netloc.rpartition("@")
        self.conn_id = conn_id or user or None
        self._bucket = host
        path = split.path if split.scheme else first
        self._path = posixpath.join(path, *(str(part) for part in rest)) if rest else path
        self._options = options

    # -- what it is

    @property
    def bucket(self) -> str:
        """The bucket or host."""
        return self._bucket

    container = bucket

    @property
    def key(self) -> str:
        """The path inside the bucket."""
        return self._path.lstrip("/")

    @property
    def path(self) -> str:
        """The path as the file system wants it."""
        return f"{self._bucket}{self._path}" if self._bucket else self._path

    @property
    def name(self) -> str:
        """The last part."""
        return posixpath.basename(self._path.rstrip("/"))

    @property
    def stem(self) -> str:
        """The last part without its ending."""
        return posixpath.splitext(self.name)[0]

    @property
    def suffix(self) -> str:
        """The ending of the last part."""
        return posixpath.splitext(self.name)[1]

    @property
    def parent(self) -> ObjectStoragePath:
        """What it is in."""
        return self._like(posixpath.dirname(self._path.rstrip("/")) or "/")

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the path."""
        return tuple(part for part in self._path.split("/") if part)

    @property
    def fs(self) -> Any:
        """The file system, made by fsspec; raise ImportError with what to install when that is missing."""
        if self.protocol in _stores:
            return _stores[self.protocol]
        try:
            import fsspec
        except ImportError:
            raise ImportError("ObjectStoragePath needs fsspec: pip install 'penstock[airflow]'") from None
        return fsspec.filesystem(self.protocol, **self._login(), **self._options)

    def _login(self) -> dict[str, Any]:
        """Return what the connection says about how to log in, as far as S3 and its like know it."""
        if self.conn_id is None:
            return {}
        from penstock.task_process.connections import Connection

        known = Connection.get(self.conn_id)
        if self.protocol not in {"s3", "s3a"}:
            return dict(known.extra_dejson)
        extra = known.extra_dejson
        client = {"endpoint_url": extra["endpoint_url"]} if extra.get("endpoint_url") else {}
        return {"key": known.login, "secret": known.password, "client_kwargs": client}

    def _like(self, path: str) -> ObjectStoragePath:
        made = object.__new__(type(self))
        made.protocol, made.conn_id, made._bucket = self.protocol, self.conn_id, self._bucket
        made._path, made._options = path, self._options
        return made

    def joinpath(self, *parts: Any) -> ObjectStoragePath:
        """Return the path with more parts."""
        return self._like(posixpath.join(self._path or "/", *(str(part).lstrip("/") for part in parts)))

    def __truediv__(self, part: Any) -> ObjectStoragePath:
        return self.joinpath(part)

    # -- what lies there

    def open(self, mode: str = "r", **options: Any) -> Any:
        """Open it."""
        return self.fs.open(self.path, mode, **options)

    def read_text(self, **options: Any) -> str:
        """Return its text."""
        with self.open("r", **options) as file:
            return str(file.read())

    def read_bytes(self) -> bytes:
        """Return its bytes."""
        with self.open("rb") as file:
            return bytes(file.read())

    def write_text(self, data: str, **options: Any) -> int:
        """Write text."""
        with self.open("w", **options) as file:
            return int(file.write(data))

    def write_bytes(self, data: bytes, **options: Any) -> int:
        """Write bytes."""
        with self.open("wb", **options) as file:
            return int(file.write(data))

    def exists(self) -> bool:
        """Whether something is there."""
        return bool(self.fs.exists(self.path))

    def is_file(self) -> bool:
        """Whether it is a file."""
        return bool(self.fs.isfile(self.path))

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return bool(self.fs.isdir(self.path))

    def iterdir(self) -> Iterator[ObjectStoragePath]:
        """Yield what is in it."""
        for entry in self.fs.ls(self.path, detail=False):
            inside = str(entry)
            if self._bucket and inside.startswith(self._bucket):
                inside = inside[len(self._bucket) :]
            yield self._like(inside)

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Make the folder, or the bucket."""
        del mode
        self.fs.makedirs(self.path, exist_ok=exist_ok or parents)

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove it."""
        if not missing_ok or self.exists():
            self.fs.rm(self.path)

    def rmdir(self, recursive: bool = True) -> None:
        """Remove the folder."""
        self.fs.rm(self.path, recursive=recursive)

    def stat(self) -> Any:
        """Return what the file system knows about it."""
        return self.fs.info(self.path)

    def copy(self, dst: Any, **options: Any) -> None:
        """Copy it to another path, also of another file system."""
        target = dst if isinstance(dst, ObjectStoragePath) else ObjectStoragePath(dst)
        if target.is_dir():
            target /= self.name
        with self.open("rb") as source, target.open("wb") as copied:
            while chunk := source.read(1 << 20):
                copied.write(chunk)
        del options

    def move(self, path: Any, **options: Any) -> None:
        """Copy it, then remove it here."""
        self.copy(path, **options)
        self.unlink()

    replace = rename = move

    def as_uri(self) -> str:
        """Return the path as a URL."""
        return str(self)

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        if self.protocol == "file" and not self._bucket:
            return f"file://{self._path}" if self._path.startswith("/") else self._path
        user = f"{self.conn_id}@" if self.conn_id else ""
        return f"{self.protocol}://{user}{self._bucket}{self._path}"

    def __repr__(self) -> str:
        return f"ObjectStoragePath({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectStoragePath) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


os.PathLike.register(ObjectStoragePath)


teach(
    ObjectStoragePath,
    "airflow.sdk.io.path.ObjectStoragePath",
    lambda path: {"path": str(path), "conn_id": path.conn_id},
    lambda kept: ObjectStoragePath(kept["path"], conn_id=kept["conn_id"]),
)
