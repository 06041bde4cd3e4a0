"""One connection to the engine's socket, as the client uses it."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

CONNECT_TIMEOUT = 2.0
_KNOCK_AGAIN = 0.01
_RECEIVE_BYTES = 256 << 10


class NothingSentError(OSError):
    """The engine was gone before it could receive any of the request."""


class Link:
    """One connection that carries lines. Raises OSError if it cannot be made."""

    def __init__(self, path: Path) -> None:
        self._buffer = bytearray()
        deadline = time.monotonic() + CONNECT_TIMEOUT
        while True:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self._socket.settimeout(CONNECT_TIMEOUT)
                self._socket.connect(str(path))
                return
            except BlockingIOError:  # many connect at once, and the kernel has no queue for this socket
                self._socket.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(_KNOCK_AGAIN)
            except OSError:
                self._socket.close()
                raise

    def set_timeout(self, seconds: float) -> None:
        """Wait at most *seconds* from now on, each time."""
        self._socket.settimeout(seconds)

    def is_open(self) -> bool:
        """Whether the other side is still connected and has sent nothing that was not asked for."""
        patience = self._socket.gettimeout()
        self._socket.settimeout(0)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self._socket.settimeout(patience)
        return False

    def send(self, line: bytes) -> None:
        """Send *line*; raise `NothingSentError` if none of it left, another OSError if a part did."""
        try:
            sent = self._socket.send(line)
        except OSError as error:
            raise NothingSentError(str(error)) from error
        if sent < len(line):
            self._socket.sendall(memoryview(line)[sent:])

    def receive(self) -> bytes:
        """Return the next line; raise ConnectionError if the other side is gone."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            data = self._socket.recv(_RECEIVE_BYTES)
            if not data:
                raise ConnectionResetError("the engine closed the connection")
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def shut(self) -> None:
        """Wake a thread that waits in `receive`; may be called from another thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
