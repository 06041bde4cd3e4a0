"""The engine's socket: who may connect, and how it is opened and closed.

A Unix socket of mode 0600 in a folder of mode 0700; each peer's user id is checked as well. There
is no network port. What happens on a connection is `penstock.service.connection`.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import resource
import socket
import stat
import struct
import sys
from pathlib import Path

from penstock.api.local import LocalEngine
from penstock.errors import EngineAlreadyRunningError, EngineError, PenstockError
from penstock.service.connection import Connection
from penstock.service.notices import Notices
from penstock.settings import Settings

MOST_CONNECTIONS = 2000
OTHER_FILES = 200
"""Of the files that the engine may have open, this many are not for connections."""
_BACKLOG = 512
_PROBE_TIMEOUT = 1.0

log = logging.getLogger(__name__)


class Server:
    """Answers the `Engine` port on ``settings.socket``, on the running event loop."""

    def __init__(self, engine: LocalEngine, notices: Notices, settings: Settings) -> None:
        self._engine = engine
        self._notices = notices
        self._settings = settings
        self._path = settings.socket
        self._wanted = False
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._inode: int | None = None
        self._refusal: PenstockError | None = None
        self.most = most_connections()
        """Connections that may be open at once."""

    def refuse(self, error: PenstockError) -> None:
        """Answer only *error* from now on, and send it to those who listen for notices."""
        self._refusal = error
        for connection in tuple(self._connections):
            connection.refuse(error)

    async def mend(self) -> bool:
        """Open the socket again if its name is missing or leads elsewhere; return whether that was so."""
        if not self._wanted or (self._server is not None and self._is_found()):
            return False
        if self._server is not None:
            self._server.close()  # existing connections stay
            self._server = None
        await self.start()
        return True

    def _is_found(self) -> bool:
        try:
            return self._settings.socket == self._path and self._path.lstat().st_ino == self._inode
        except OSError:
            return False

    async def start(self) -> None:
        """Open the socket.

        Raises `EngineAlreadyRunningError` if another engine answers on it, `EngineError` if its folder
        belongs to another user or its name is taken by something that is not a socket.
        """
        self._wanted = True
        self._settings.settle_sockets()
        self._path = self._settings.socket
        private_folder(self._path.parent)
        clear_stale(self._path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(self._path))
            self._path.chmod(0o600)
            self._inode = self._path.stat().st_ino
            listener.setblocking(False)  # noqa: FBT003
            loop = asyncio.get_running_loop()
            self._server = await loop.create_unix_server(self._accept, sock=listener, backlog=_BACKLOG)
        except BaseException:
            listener.close()
            raise

    async def close(self) -> None:
        """Close the socket and every connection; clients that wait for an answer see the connection end."""
        self._wanted = False
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self._connections):
            connection.abort()
        self._server = None
        try:
            if self._path.lstat().st_ino == self._inode:
                self._path.unlink()
        except FileNotFoundError:
            pass

    def _accept(self) -> Connection:
        forget = self._connections.discard
        return Connection(self._engine, self._notices, self._admit, self._attach, forget)

    def _admit(self, connection: Connection, peer: socket.socket) -> str | None:
        """Return why *peer* may not connect, or None."""
        uid = peer_uid(peer)
        if uid not in {os.geteuid(), 0}:
            log.warning("refused a connection of user %d", uid)
            return "this engine belongs to another user"
        if len(self._connections) >= self.most and not self._make_room():
            return f"{self.most} connections are open already"
        self._connections.add(connection)
        if self._refusal is not None:
            connection.refuse(self._refusal)
        return None

    def _make_room(self) -> bool:
        """Close the connection that was idle longest: its client connects again when it asks something."""
        idle = [each for each in self._connections if each.idle]
        if not idle:
            return False
        longest = min(idle, key=lambda each: each.active_at)
        self._connections.discard(longest)
        longest.abort()
        return True

    def _attach(self) -> str | None:
        """Return why nobody else may listen for notices, or None: the rest is for those who only ask."""
        attached = sum(each.streaming for each in self._connections)
        if attached < self.most // 2:
            return None
        return f"{attached} consoles are attached already: close one, or raise the limit of open files"


def most_connections() -> int:
    """Return how many connections may be open at once: as many as this process may have files for."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_CONNECTIONS if files < 0 else max(2, min(MOST_CONNECTIONS, files - OTHER_FILES))


def peer_uid(connection: socket.socket) -> int:
    """Return the user id of the process at the other end, from the kernel."""
    if sys.platform == "darwin":
        sol_local, local_peercred = 0, 1
        data = connection.getsockopt(sol_local, local_peercred, struct.calcsize("IIh16I"))
        return int(struct.unpack_from("II", data)[1])
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", data)[1])


def private_folder(folder: Path) -> None:
    """Make *folder* if needed, private; raise `EngineError` if it is another user's, or a link."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EngineError(f"{folder} must be a folder of this user: the engine's socket is in it")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)


def clear_stale(path: Path) -> None:
    """Remove a socket on which nobody answers.

    Raises `EngineAlreadyRunningError` if somebody does, `EngineError` if *path* is not a socket.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise EngineError(f"{path} is in the way: it is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_TIMEOUT)
        try:
            probe.connect(str(path))
        except OSError as error:
            if error.errno == errno.ECONNREFUSED:
                path.unlink(missing_ok=True)
                return
            if isinstance(error, FileNotFoundError):
                return
    raise EngineAlreadyRunningError(f"An engine already answers on {path}.")
