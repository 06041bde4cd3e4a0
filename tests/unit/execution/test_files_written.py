"""Files that nobody else may read: whole, or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from penstock.attempts import files


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: list[int] = []
    write = os.write
    monkeypatch.setattr(os, "fsync", forced.append)
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:3]))
    path = tmp_path / "file"
    files.write_file(str(path), b"in pieces")
    assert (path.read_bytes(), forced, path.stat().st_mode & 0o777) == (b"in pieces", [], 0o600)
    files.write_file(str(path), b"less", durable=True)
    assert (path.read_bytes(), len(forced)) == (b"less", 1)

    def fail(handle: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(OSError, match="No space left"):
        files.write_file(str(path), b"more")
    assert not path.exists()
