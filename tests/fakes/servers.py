"""Real servers on localhost that keep what they are told: e-mail and HTTP, each in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Mail:
    """One e-mail as it arrived."""

    sender: str
    receivers: list[str]
    message: EmailMessage


@dataclass
class MailServer:
    """Where e-mails arrive; addresses that begin with ``refused`` are refused."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak SMTP with one client."""
        sender, receivers = "", [""]

        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 here")
        while line := (await reader.readline()).decode().strip():
            word = line.split(maxsplit=1)[0].upper()
            if word == "MAIL":
                sender, receivers = line.split("<")[1].split(">")[0], []
            if word == "RCPT":
                to = line.split("<")[1].split(">")[0]
                if to.startswith("refused"):
                    await say("550 nobody here of that name")
                    continue
                receivers.append(to)
            if word == "DATA":
                await say("354 go on")
                data = await reader.readuntil(b"\r\n.\r\n")
                parsed = message_from_bytes(data[:-3], policy=policy.default)
                self.mails.append(Mail(sender, receivers, parsed))
            await say("221 bye" if word == "QUIT" else "250 fine")
            if word == "QUIT":
                break
        writer.close()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Give a mail server that listens."""
    found = MailServer()
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def listen() -> None:
        server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
        found.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(listen()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class WebServer:
    """Where requests arrive; ``/broken`` is answered with 500."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)


@contextmanager
def web_server() -> Iterator[WebServer]:
    """Give a web server that listens."""
    found = WebServer()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            found.requests.append(Request(self.command, self.path, dict(self.headers), body))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()
            self.wfile.write(b"out of order" if self.path == "/broken" else b"ok")

        do_PUT = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
