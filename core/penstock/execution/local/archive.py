"""Reads a folder of attempt directories: for an engine, and for clients if none runs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from penstock.attempts import files, log_extent, log_index, log_reader
from penstock.execution.executor import MAX_LOG_PIECE, LogPiece, PushedFile
from penstock.execution.local import directory
from penstock.ids import check_attempt_id, is_attempt_id

_SHARD = re.compile(r"[0-9a-f]{7}", re.ASCII)


class LocalArchive:
    """Implements `Archive` over the attempts folder *root*. Writes nothing and needs no supervisor."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogPiece:
        """Return up to *limit* bytes of a log from *offset*. See `Archive.read_log`."""
        folder = self.folder(attempt_id)
        may_grow = directory.may_print(folder)
        path = f"{folder}/{files.LOG}"
        data, start, size = log_reader.read(path, offset, min(limit, MAX_LOG_PIECE))
        written = log_index.time_of(f"{folder}/{files.LOG_INDEX}", start) if data else None
        return LogPiece(data, start, size, written, may_grow)

    def log_times(self, attempt_id: str, first: int, last: int) -> list[tuple[int, int]]:
        """Return when parts of the log were written. See `Archive.log_times`."""
        return log_index.entries(f"{self.folder(attempt_id)}/{files.LOG_INDEX}", first, last)

    def log_extent(self, attempt_id: str, *, grows: bool, most: int, since: int = 0) -> log_extent.Extent:
        """Return how far a log goes and when it was written. See `Archive.log_extent`."""
        return log_extent.of(self.folder(attempt_id), grows=grows, most=most, since=since)

    def line_starts(self, attempt_id: str, offsets: list[int]) -> list[int]:
        """Return where lines begin. See `Archive.line_starts`."""
        return log_extent.line_starts(self.folder(attempt_id), offsets)

    def log_file(self, attempt_id: str) -> str:
        """Return the path of the log. See `Archive.log_file`."""
        return f"{self.folder(attempt_id)}/{files.LOG}"

    def kept(
        self,
        *,
        since: str = "",
        untouched_since: float | None = None,
        moved_since: float | None = None,
        among: Collection[str] | None = None,
    ) -> Iterator[str]:
        """Yield the names of attempt directories. See `Archive.kept`."""
        wanted = None if among is None else frozenset(among)
        shards = None if wanted is None else {files.shard_of(each) for each in wanted}
        for shard in _folders(os.fspath(self._root)):
            if not _SHARD.fullmatch(shard.name) or shard.name < files.shard_of(since):
                continue
            if (shards is not None and shard.name not in shards) or (
                moved_since is not None and _changed(shard) < moved_since
            ):
                continue
            for entry in _folders(shard.path):
                if entry.name < since or not is_attempt_id(entry.name):
                    continue
                if wanted is not None and entry.name not in wanted:
                    continue
                if untouched_since is None or _changed(entry) < untouched_since:
                    yield entry.name

    def order_of(self, attempt_id: str) -> dict[str, str]:
        """Return the environment that an attempt's order names; empty if no order can be read."""
        try:
            env = files.read_order(f"{self.folder(attempt_id)}/{files.SPEC}").get("env")
        except (OSError, ValueError):
            return {}
        return {str(name): str(value) for name, value in env.items()} if isinstance(env, dict) else {}

    def rendered(self, attempt_id: str) -> dict[str, Any]:
        """Return what the task child wrote; empty if it failed before, or wrote too much."""
        try:
            return dict(files.read(f"{self.folder(attempt_id)}/{files.RENDERED}")["fields"])
        except (OSError, ValueError, KeyError):
            return {}

    def pushed(self, attempt_id: str) -> dict[str, Any]:
        """Return the values in the attempt's file of them, which is of any size up to the hard limit."""
        record = self._xcom_record(attempt_id)
        try:
            return {**record["values"], **record.get("covered", {})}
        except (KeyError, TypeError):
            return {}

    def handed_on(self, attempt_id: str) -> tuple[dict[str, Any], float]:
        """Return the values in the attempt's file of them, and the last line that a command pushed."""
        folder = self.folder(attempt_id)
        record = self._xcom_record(attempt_id)
        values: dict[str, Any] = record.get("values") or {}
        try:
            result = files.read_result(f"{folder}/{files.RESULT}")
        except (OSError, ValueError):
            result = {}
        if result.get("pushed"):
            values = {**values, "return_value": result.get("last_line")}
        times = []
        for name in (files.RESULT, files.XCOM):
            with suppress(OSError):
                times.append(os.stat(f"{folder}/{name}").st_mtime)  # noqa: PTH116
        return values, max(times, default=0.0)

    def _xcom_record(self, attempt_id: str) -> dict[str, Any]:
        try:
            with open(f"{self.folder(attempt_id)}/{files.XCOM}", "rb") as file:  # noqa: PTH123
                record = json.loads(file.read(files.HARD_XCOM_BYTES + 1))
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def pushed_file(self, attempt_id: str) -> PushedFile | None:
        """Return the file that the task child wrote. See `Archive.pushed_file`."""
        path = f"{self.folder(attempt_id)}/{files.XCOM}"
        try:
            return PushedFile(Path(path).stat().st_size, path)
        except OSError:
            return None

    def folder(self, attempt_id: str) -> str:
        """Return the directory of an attempt; raise `BadIdError` for an invalid id."""
        return files.attempt_folder(self._root, check_attempt_id(attempt_id))


def _folders(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _changed(entry: os.DirEntry[str]) -> float:
    """Return when a directory was last changed, in seconds since 1970; infinity if it has just gone."""
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except OSError:
        return float("inf")
