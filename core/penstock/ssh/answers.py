"""Who answers on the side of the bridge: the engine, or the store when none runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from penstock.api import wire
from penstock.api.client import SocketClient
from penstock.api.connect import stored_engine
from penstock.api.engine import Engine
from penstock.api.questions import question
from penstock.errors import EngineNotRunningError, PenstockError
from penstock.settings import Settings

CALL_TIMEOUT = 30.0


class Answers:
    """Answers lines with lines; for one thread. What the engine says is not looked into."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = SocketClient(settings.socket, CALL_TIMEOUT)
        self._stored: Engine | None = None

    def answer(self, line: bytes, request: wire.Request) -> bytes:
        """Return the answer to *line*, which is *request*; raise `PenstockError` if there is none.

        An act is asked of an engine only, and once.
        """
        asked = question(request.method)
        try:
            return self._client.exchange(line + b"\n", resend=not asked.acting)
        except EngineNotRunningError as error:
            if asked.acting:
                raise
            return self._from_store(request, error)

    def notices(self, heartbeat: float) -> Iterator[bytes]:
        """Yield the engine's notices, as lines; raise `EngineNotRunningError` at its end, or if none runs."""
        for change in self._client.changes(heartbeat=heartbeat):
            yield wire.encode({"change": change})

    def close(self) -> None:
        """Close connections."""
        self._client.close()
        if self._stored is not None:
            with contextlib.suppress(PenstockError, OSError):
                self._stored.close()

    def _from_store(self, request: wire.Request, error: EngineNotRunningError) -> bytes:
        asked = question(request.method)
        if request.method == "ping":
            raise error
        if self._stored is None:
            self._stored = stored_engine(self._settings)
        arguments = wire.decode_params(asked, request.params)
        result = getattr(self._stored, asked.name)(**arguments)
        return wire.encode({"id": request.id, "result": result})
