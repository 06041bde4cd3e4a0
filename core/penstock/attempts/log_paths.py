"""Where the log of an attempt and its time index lie."""

from __future__ import annotations

from pathlib import Path

from penstock.attempts.files import LOG, LOG_INDEX, attempt_path
from penstock.ids import check_attempt_id


def log_path(attempts: Path, attempt_id: str) -> Path:
    """Return the log file of an attempt under *attempts*; raise `BadIdError` for what is not an id."""
    return attempt_path(attempts, check_attempt_id(attempt_id)) / LOG


def index_path(attempts: Path, attempt_id: str) -> Path:
    """Return the time index beside the log; it exists once something was printed."""
    return attempt_path(attempts, check_attempt_id(attempt_id)) / LOG_INDEX
