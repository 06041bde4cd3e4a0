"""`penstock bridge`: the engine's wire on stdin and stdout, for a console on another host.

It answers as at home: from the engine, or from the store when none runs. After ``changes`` questions still go
on, and notices come in between. Who asks for it (``pack``) gets answers packed (`penstock.ssh.packing`), in
the order in which they are ready, and after the end of an engine notices again as soon as there is one.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable

from penstock.api import wire
from penstock.api.questions import Hello, question
from penstock.errors import EngineNotRunningError, PenstockError, ProtocolError
from penstock.settings import Settings
from penstock.ssh.answers import Answers
from penstock.ssh.columns import to_columns
from penstock.ssh.packing import KIND, Packer, Remembered, Unpacker
from penstock.version import __version__

PULSE = 10.0
"""Seconds of silence after which a sign of life goes out, if answers are packed."""
_ASKERS = 4
_LOOK = 1.0
"""Seconds between two looks for an engine."""
_GATHER = 0.004
"""Seconds for which more is gathered before a packet goes out."""
_READ = 1 << 16
_LONG = 4000
"""Bytes from which on an answer is sent in columns."""

Request = wire.Request


class Bridge:
    """Serves from *source* to *sink*, which are file descriptors, until *source* ends."""

    def __init__(self, settings: Settings, source: int, sink: int) -> None:
        self._settings = settings
        self._source = source
        self._out = Outlet(sink)
        self._asked: queue.Queue[tuple[bytes, Request] | None] = queue.Queue()
        self._askers: list[threading.Thread] = []
        self._unpacker: Unpacker | None = None
        self._rest = b""
        self._streaming = False

    def serve(self) -> int:
        """Answer until the input ends; return the exit code."""
        self._out.start()
        self._more_askers(1)
        while data := _read(self._source):
            for line in self._lines(data):
                self._take(line)
        if self._out.packs:
            return 0  # a console that has left: what it asked for last is done without us
        for _ in self._askers:
            self._asked.put(None)
        for asker in self._askers:
            asker.join()
        self._out.close()
        return 0

    def _lines(self, data: bytes) -> list[bytes]:
        if self._unpacker is not None:
            return self._unpacker.feed(data)
        lines: list[bytes] = []
        self._rest += data
        while self._unpacker is None and b"\n" in self._rest:
            line, _, self._rest = self._rest.partition(b"\n")
            if _is_pack(line):
                self._unpacker = Unpacker()
            lines.append(line)
        if self._unpacker is not None:
            rest, self._rest = self._rest, b""
            lines += self._unpacker.feed(rest)
        elif len(self._rest) > wire.MAX_REQUEST_BYTES:
            raise ProtocolError(f"a request is longer than {wire.MAX_REQUEST_BYTES} bytes")
        return lines

    def _take(self, line: bytes) -> None:
        """Answer *line* at once, or hand it to those who ask the engine."""
        if not line.strip():
            return
        number: int | None = None
        try:
            request = wire.decode_request(line)
            number = request.id
            if _is_pack(line):
                self._out.pack(number)
                self._more_askers(_ASKERS - 1)
                return
            asked = question(request.method)
            if request.method == "hello":
                self._out.answer(number, hello(**wire.decode_params(asked, request.params)))
            elif request.method == wire.CHANGES:
                self._begin_stream(request, **wire.decode_params(asked, request.params))
            else:
                self._asked.put((line, request))
        except PenstockError as error:
            self._out.problem(number, error)

    def _more_askers(self, count: int) -> None:
        for _ in range(count):
            asker = threading.Thread(target=self._ask, daemon=True)
            asker.start()
            self._askers.append(asker)

    def _ask(self) -> None:
        answers = Answers(self._settings)
        while (asked := self._asked.get()) is not None:
            line, request = asked
            try:
                self._out.line(answers.answer(line, request), request)
            except PenstockError as error:
                self._out.problem(request.id, error)
            except Exception as error:  # noqa: BLE001 - as the engine does: whatever it is, it is said
                self._out.problem(request.id, error)
        answers.close()

    # -- notices ---------------------------------------------------------------------------------

    def _begin_stream(self, request: Request, heartbeat: float) -> None:
        if self._streaming:
            raise ProtocolError("notices are sent already")
        self._streaming = True
        follow = threading.Thread(target=self._follow, args=(request, heartbeat), daemon=True)
        follow.start()

    def _follow(self, request: Request, heartbeat: float) -> None:
        """Send the engine's notices; say once that it has gone, then look for another."""
        said = False
        while True:
            answers = Answers(self._settings)
            try:
                for line in answers.notices(heartbeat):
                    said = False
                    self._out.line(line)
            except EngineNotRunningError as error:
                if not said:
                    said = True
                    self._out.problem(request.id, error)
            except PenstockError as error:
                self._out.problem(request.id, error)
                said = True
            finally:
                answers.close()
            if not self._out.packs:
                self._streaming = False
                return
            time.sleep(_LOOK)


class Outlet:
    """Writes lines in one thread, packed or not; when nobody reads any more, the process ends."""

    def __init__(self, sink: int) -> None:
        self.packs = False
        """Whether answers are packed from now on."""
        self._sink = sink
        self._lines: queue.Queue[Callable[[list[bytes]], None] | None] = queue.Queue()
        """What adds its lines to those that go out together."""
        self._packer: Packer | None = None
        self._remembered = Remembered()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Write what waits, and end."""
        self._lines.put(None)
        self._thread.join()

    def line(self, line: bytes, request: Request | None = None) -> None:
        """Send a line of the engine: a notice, or the answer to *request*."""
        self._lines.put(lambda batch: batch.extend(self._shortened(line, request)))

    def answer(self, number: int | None, result: object) -> None:
        """Send an answer."""
        self.line(wire.encode({"id": number, "result": result}))

    def problem(self, number: int | None, error: BaseException) -> None:
        """Send an error."""
        self.line(wire.encode({"id": number, "error": wire.problem_of(error)}))

    def pack(self, number: int) -> None:
        """Answer that everything is packed from now on, and do so."""
        self.packs = True

        def switch(before: list[bytes]) -> None:
            self._put([*before, wire.encode({"id": number, "result": KIND})])
            before.clear()
            self._packer = Packer()

        self._lines.put(switch)

    def _shortened(self, line: bytes, request: Request | None) -> list[bytes]:
        line = line if line.endswith(b"\n") else line + b"\n"
        if self._packer is None or request is None:
            return [line]
        start = b'{"id":%d,"result":' % request.id
        if not line.startswith(start):
            return [line]
        result = line[len(start) : -2]
        shorter = self._remembered.shorten(request.method, bytes(request.params), result)
        if shorter is None:
            columns = to_columns(result) if len(result) >= _LONG else None
            return [line if columns is None else b'{"id":%d,"columns":%s}\n' % (request.id, columns)]
        edit, fresh = shorter
        return [wire.encode({"id": request.id, "edit": edit}), fresh + b"\n"]

    def _write(self) -> None:
        while True:
            batch: list[bytes] = []
            try:
                made = self._lines.get(timeout=PULSE if self.packs else None)
                while made is not None:
                    made(batch)
                    made = self._lines.get(timeout=_GATHER if self._packer is not None else 0)
                self._put(batch)
                return
            except queue.Empty:
                self._put(batch or ([b"{}\n"] if self._packer is not None else []))

    def _put(self, lines: list[bytes]) -> None:
        if not lines:
            return
        data = self._packer.pack(lines) if self._packer is not None else b"".join(lines)
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._sink, view) :]
        except OSError:  # nobody is there to hear of it
            os._exit(0)


def hello(version: int) -> Hello:
    """Greet who asks; raises `ProtocolError` for another version of the wire, with what mends it."""
    if version != wire.WIRE_VERSION:
        import socket

        older = "update it here" if version > wire.WIRE_VERSION else "update the one that asks"
        raise ProtocolError(
            f"penstock {__version__} on {socket.gethostname()} speaks version {wire.WIRE_VERSION} of the "
            f"protocol, the one that asks version {version}: {older}"
        )
    return Hello(version=wire.WIRE_VERSION, program=__version__, pid=os.getpid())


def _is_pack(line: bytes) -> bool:
    """Return whether *line* asks for what we can pack; what follows it is packed too."""
    with contextlib.suppress(PenstockError):
        request = wire.decode_request(line)
        return request.method == "pack" and bytes(request.params) == b'{"kind":%d}' % KIND
    return False


def _read(source: int) -> bytes:
    try:
        return os.read(source, _READ)
    except OSError:
        return b""
