"""Files that a task's process writes to its attempt's directory, also when the disk is full.

If it is full, the supervisor keeps them in memory and writes them as soon as there is space.
"""

from __future__ import annotations

import os

from penstock.attempts.files import DISK_ERRORS, MAX_RECORD_BYTES, write_whole
from penstock.authoring.exceptions import TaskError
from penstock.task_process.channel import NoAnswerError, channel

MOST_HANDED_OVER = MAX_RECORD_BYTES
"""Bytes of one file that a supervisor keeps; a larger one needs disk space at once."""


class NoRoomError(TaskError):
    """The disk is full, and the file is too large to wait for space."""


def write_attempt_file(folder: str, name: str, data: bytes) -> None:
    """Write file *name* in *folder*, now or by the supervisor later; raise OSError or `NoRoomError`."""
    from penstock.failpoint import disk

    try:
        disk()
        write_whole(folder, name, data)
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        if len(data) > MOST_HANDED_OVER:
            raise NoRoomError(
                f"{len(data):,} bytes ({name}) do not fit on the disk of {os.path.dirname(folder)}: "  # noqa: PTH120
                f"{error.strerror}. Up to {MOST_HANDED_OVER:,} bytes would wait for space; write large data "
                "elsewhere and push its path"
            ) from None
        if not channel.is_open:
            raise
        try:
            channel.hand_over(name, data)
        except NoAnswerError:
            raise error from None
