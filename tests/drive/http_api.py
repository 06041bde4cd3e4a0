"""The HTTP API as a server in a thread, over a real engine or a store, and a client that hides nothing."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self

from penstock.api.engine import Engine
from penstock.http.desk import Desk, Reader
from penstock.http.listening import Address, bind
from penstock.http.login import Door
from penstock.http.serving import make_server
from penstock.http.tokens import Tokens
from penstock.settings import Settings


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    data: bytes

    @property
    def kind(self) -> str | None:
        """The content type, exactly as it was sent."""
        return self.headers.get("content-type")

    @property
    def body(self) -> Any:
        """The JSON in it."""
        return json.loads(self.data)


class ServedApi:
    """A server of the HTTP API over *settings*, in a thread; tokens ``admin`` and ``viewer`` open it."""

    def __init__(
        self, settings: Settings, read: Callable[[], Reader], live: Engine, *, loopback: bool = True
    ) -> None:
        self.tokens = Tokens(settings.http_tokens)
        self.secrets = {
            "admin": self.tokens.create("admin"),
            "viewer": self.tokens.create("viewer", read_only=True),
        }
        self.desk = Desk(settings, read, live)
        self.door = Door(self.tokens, loopback=loopback)
        self._socket = bind(Address(host="127.0.0.1", port=0))
        self.port: int = self._socket.getsockname()[1]
        self._server = make_server(self.desk, self.door)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(30)
        self._socket.close()
        with suppress(Exception):
            self.desk.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        by: str | None = "admin",
    ) -> Answer:
        """Send one request as the token *by* (None: nobody) and return the answer."""
        sent = {"Accept": "application/json", **(headers or {})}
        if by is not None:
            sent.setdefault("Authorization", f"Bearer {self.secrets[by]}")
        data = raw
        if raw is None and body is not None:
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, data, sent)
            got = connection.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            connection.close()

    def get(self, path: str, **how: Any) -> Answer:
        """Send a GET below ``/api/v2``."""
        return self.send("GET", f"/api/v2/{path}", **how)

    def post(self, path: str, body: object, **how: Any) -> Answer:
        """Send a POST below ``/api/v2``."""
        return self.send("POST", f"/api/v2/{path}", body=body, **how)

    def patch(self, path: str, body: object, **how: Any) -> Answer:
        """Send a PATCH below ``/api/v2``."""
        return self.send("PATCH", f"/api/v2/{path}", body=body, **how)
