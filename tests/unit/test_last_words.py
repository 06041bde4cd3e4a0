"""What `penstock up -d` says of an engine that ended at once."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.up import _last_words
from penstock.settings import Settings


def test_what_the_engine_said_last_is_shown(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, dags_folder=tmp_path)
    settings.engine_log.write_text("before\nno room\n")
    words = _last_words(settings, len("before\n"))
    assert words.endswith("engine.log:\n  no room")


def test_an_engine_that_could_not_even_write_its_log_met_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, dags_folder=tmp_path)
    settings.engine_log.write_text("")
    assert _last_words(settings, 0) == ""

    def full(**_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    assert _last_words(settings, 0) == f": the disk of {tmp_path} is full; free some space"
