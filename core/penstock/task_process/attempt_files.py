"""Files that a task's process writes to its attempt's directory, also when the disk is full.

Then its supervisor takes them over, in memory, and writes them as soon as there is space again.
"""

from __future__ import annotations

import os

from penstock.attempts.files import DISK_ERRORS, MAX_RECORD_BYTES, write_whole
from penstock.authoring.exceptions import TaskError
from penstock.task_process.channel import NoAnswerError, channel

MOST_HANDED_OVER = MAX_RECORD_BYTES
"""Bytes of one file that a supervisor holds; a larger one needs room at once."""


class NoRoomError(TaskError):
    """The disk takes nothing, and what is to be written is too large to wait for that."""


def write_attempt_file(folder: str, name: str, data: bytes) -> None:
    """Write file *name* in *folder*, or have it written later; raise OSError or `NoRoomError`."""
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
