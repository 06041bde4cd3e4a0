"""The server's process: an ASGI server over the application, until it is told to end."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from penstock.http.app import make_app
from penstock.http.desk import Desk
from penstock.http.login import Door

LONGEST_HEAD = 80 << 10
"""Bytes of a request's line and headers: clients ask for many DAGs in one line."""
_GRACE = 5


def serve(
    desk: Desk,
    door: Door,
    listening: socket.socket,
    cert: Path | None,
    key: Path | None,
    *,
    with_parent: bool,
) -> None:
    """Serve until SIGTERM or SIGINT; *with_parent* also until stdin ends."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    server = make_server(desk, door, cert, key)
    if with_parent:
        threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    try:
        server.run(sockets=[listening])
    finally:
        desk.close()


def make_server(desk: Desk, door: Door, cert: Path | None = None, key: Path | None = None) -> uvicorn.Server:
    """Return the server, which does not run yet."""
    config = uvicorn.Config(
        make_app(desk, door),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_graceful_shutdown=_GRACE,
        ssl_certfile=None if cert is None else str(cert),
        ssl_keyfile=None if key is None else str(key),
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """A server for which being told to end is no failure: the signal is not raised again afterwards."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in order at SIGTERM and SIGINT, when this is the main thread."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self.handle_exit)
        yield


def _end_with_parent(server: uvicorn.Server) -> None:
    """End the server when the process that started it has ended: its end of the pipe is closed then."""
    sys.stdin.buffer.read()
    server.should_exit = True
