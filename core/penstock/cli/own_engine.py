"""Runs the engine in this process.

`main` comes here directly for a plain `penstock up`: an engine lives long, and what the command line is
made of would stay in its memory, a MiB.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from penstock.charset import carried
from penstock.errors import UsageError

if TYPE_CHECKING:
    from penstock.settings import Settings

_USUAL_COLLECTIONS = (700, 10, 10)
_DIGESTS = (("_md5",), ("_sha1",), ("_sha2", "_sha256"), ("_sha2", "_sha512"), ("_sha3",), ("_blake2",))
"""Modules that hashlib needs when there is no OpenSSL, by their names in Python 3.12 and 3.11."""


def run_engine(settings: Settings) -> int:
    """Run the engine of *settings* until it is told to end; return its exit code.

    Raises what `require_user` and `daemon.run` raise.
    """
    _leave_out_openssl()
    require_user(settings)
    from penstock.service.daemon import run

    gc.set_threshold(*_USUAL_COLLECTIONS)  # the command line sets it high, to start quickly
    return run(settings)


def _leave_out_openssl() -> None:
    """Let asyncio and hashlib do without OpenSSL, as they do where Python was built without it.

    It takes 5 MiB. All sockets of an engine are local, and Python has digests of its own.
    """
    if all(any(map(find_spec, names)) for names in _DIGESTS):
        for name in ("ssl", "_ssl", "_hashlib"):
            sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def require_user(settings: Settings) -> None:
    """Raise `UsageError` or `RefusedError` unless this user may run the engine here; tell root that it is."""
    from penstock.service.trusted import require_trusted

    if os.geteuid() == 0:
        if not settings.allow_root:
            raise UsageError("the engine may not run as root here: allow_root is false")
        sys.stderr.write(carried("note: the engine runs as root, and so does every task\n", sys.stderr))
        sys.stderr.flush()
    require_trusted(settings)
