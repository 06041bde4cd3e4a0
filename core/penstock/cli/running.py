"""Who is the engine of this home, whether or not it answers."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.settings import Settings


def holder(settings: Settings) -> int | None:
    """Return the pid of the process that holds the home's lock; None when it is free.

    Tries the lock for a moment, so ask only when the socket is silent: an engine that starts in
    that very moment would believe another one there.
    """
    from penstock.service.lock import NAME

    try:
        descriptor = os.open(settings.run_folder / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        words = os.read(descriptor, 32).split()
        return int(words[0]) if words and words[0].isdigit() else None
    finally:
        os.close(descriptor)
    return None
