"""One connection to a host: a master of our own, or one that the user keeps open, and sessions over it.

A master of our own (``ssh -M -N``) has the time limits: through a master, those of a session do not count,
and it says that it runs over a dead link too. It ends with this process, however this process ends. A
connection that the user keeps open (ControlMaster) is used if a command gets through it: with a second
factor or a password it is the only one there can be.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from penstock.errors import HostError
from penstock.ssh import command
from penstock.ssh.faults import explain
from penstock.ssh.hosts import Host

LIMIT = 30.0
"""Seconds within which a connection must be there."""
CHECK_LIMIT = 5.0
_PROBE_LIMIT = 10.0
_POLL = 0.02
_SOCKET_BYTES = 90
"""ssh adds some letters to the name while it makes the socket, and the kernel takes about a hundred."""
_UNTIL_WE_END = (
    'exec 3<&0; "$@" 3<&- </dev/null & p=$!; '
    '(cat <&3 >/dev/null 2>&1; kill $p 2>/dev/null) & wait $p; code=$?; rm -rf -- "$0"; exit $code'
)
"""Runs ssh until it ends, or until the pipe that only we hold is closed; then its folder is removed."""


class Connection:
    """Opened when it is made; raises `HostError` with the reason and the remedy."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._master: subprocess.Popen[bytes] | None = None
        self._socket: str | None = None
        self._folder: Path | None = None
        if not self._users_own():
            self._open()

    @property
    def alive(self) -> bool:
        """Whether the master of our own runs; a connection of the user's is taken to be there."""
        return self._master is None or self._master.poll() is None

    def command(self, script: str, *, tty: bool = False) -> list[str]:
        """Return the command line that runs *script* over this connection."""
        return command.session(self.host, self._socket, script, tty=tty)

    def close(self) -> None:
        """End the master of our own; sessions over it end too."""
        if self._master is not None:
            assert self._master.stdin is not None
            with contextlib.suppress(OSError):
                self._master.stdin.close()
            try:
                self._master.wait(CHECK_LIMIT)
            except subprocess.TimeoutExpired:
                self._master.kill()
                self._master.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    # -- opening ---------------------------------------------------------------------------------

    def _users_own(self) -> bool:
        """Whether the user keeps a connection open, and a command gets through it."""
        if not _succeeds(command.check(self.host, None), CHECK_LIMIT):
            return False
        return _succeeds(command.session(self.host, None, "exit 0"), _PROBE_LIMIT)

    def _open(self) -> None:
        self._folder = _private_folder()
        self._socket = str(self._folder / "m")
        said = self._folder / "said"
        with said.open("wb") as stderr:
            self._master = subprocess.Popen(
                ["sh", "-c", _UNTIL_WE_END, str(self._folder), *command.master(self.host, self._socket)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,  # ctrl-c is for what runs there
            )
        told = said.open("rb")
        try:
            self._await(told)
        except BaseException:
            self.close()
            raise
        finally:
            told.close()

    def _await(self, told: BinaryIO) -> None:
        """Return once the master takes sessions."""
        assert self._master is not None
        assert self._folder is not None
        deadline = time.monotonic() + LIMIT
        while not (self._folder / "m").exists():
            code = self._master.poll()
            if code is not None or time.monotonic() > deadline:
                said = told.read().decode(errors="replace")
                if code == _NO_PROGRAM:
                    raise HostError("ssh is not found on the PATH: install an OpenSSH client")
                raise HostError(explain(said, code, self.host.name, self.host.ssh))
            time.sleep(_POLL)


_NO_PROGRAM = 127


def _private_folder() -> Path:
    """Return a new folder with a name that is short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="pk-"))
    if len(str(folder)) + 2 <= _SOCKET_BYTES:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="pk-", dir="/tmp"))


def _succeeds(line: list[str], limit: float) -> bool:
    try:
        done = subprocess.run(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    except FileNotFoundError:
        raise HostError("ssh is not found on the PATH: install an OpenSSH client") from None
    return done.returncode == 0
