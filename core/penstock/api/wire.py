"""The protocol of the engine's socket: one JSON object on each line.

::

    -> {"id": 1, "method": "hello", "params": {"version": 1}}
    <- {"id": 1, "result": {"version": 1, "program": "0.1.0", "pid": 4711}}
    -> {"id": 2, "method": "run", "params": {"dag_id": "load", "run_id": "manual__1"}}
    <- {"id": 2, "error": {"kind": "UnknownError", "message": "DAG 'load' does not exist"}}
    -> {"id": 3, "method": "changes", "params": {"heartbeat": 15.0}}
    <- {"change": {"cursor": 812, "runs": [["load", "manual__1"]]}}

Methods, parameters and results are those of `penstock.api.questions`, which reads them from the type
hints of the ports. A parameter that is left out takes its default, an unknown one is refused, and
unknown fields of an answer are ignored. ``hello`` may be left out. After ``changes`` a connection
carries only notices. ``kind`` is the name of a class in `penstock.errors`. Everything here imports
fast: the command line starts with it.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

import msgspec

from penstock import errors
from penstock.api.questions import Question, arguments_of, question
from penstock.decoding import decoder
from penstock.errors import EngineError, PenstockError, ProtocolError
from penstock.model.views.events import Change

T = TypeVar("T")

WIRE_VERSION = 1
"""Raised if an older peer could misunderstand; added methods and fields do not raise it."""
MAX_REQUEST_BYTES = 1 << 20
"""A longer request line is refused and skipped."""
CHANGES = "changes"
"""The only method that is a stream."""


class Request(msgspec.Struct, frozen=True):
    """One line from a client; ``params`` is decoded when the method is known."""

    method: str
    id: int = 0
    params: msgspec.Raw = msgspec.Raw(b"{}")


class Problem(msgspec.Struct, frozen=True):
    """An error as sent over the wire."""

    kind: str
    message: str


class Message(msgspec.Struct, frozen=True):
    """One line from the engine: an answer, or a notice."""

    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Problem | None = None
    change: Change | None = None


_encoder = msgspec.json.Encoder()
_requests = decoder(Request)
_messages = decoder(Message)


def encode(message: dict[str, Any]) -> bytes:
    """Return *message*, which may hold views and acts, as one line."""
    return _encoder.encode(message) + b"\n"


def decode_request(line: bytes) -> Request:
    """Return the request in *line*; raise `ProtocolError` if it is not one."""
    return _decoded(_requests, line)


def decode_message(line: bytes) -> Message:
    """Return the engine's message in *line*; raise `ProtocolError` if it is not one."""
    return _decoded(_messages, line)


def decode_params(asked: Question, raw: msgspec.Raw) -> dict[str, Any]:
    """Return the arguments of a question; raise `ProtocolError` that names the one that does not fit."""
    params = _decoded(decoder(arguments_of(asked.name)), raw)
    return {name: getattr(params, name) for name in asked.parameters}


def prepare(name: str) -> None:
    """Do now what the first call of a question would do: read its hints, and make its decoder."""
    decoder(arguments_of(question(name).name))


def decode_result(raw: msgspec.Raw, kind: Any) -> Any:
    """Return the result of a call as *kind*; raise `ProtocolError` if it is not one."""
    return _decoded(decoder(kind), raw)


def _decoded(made: msgspec.json.Decoder[T], data: bytes | msgspec.Raw) -> T:
    try:
        return made.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"cannot be understood: {error}") from None


def problem_of(error: BaseException) -> Problem:
    """Return *error* for the wire; one that is not ours keeps its class in the message."""
    if isinstance(error, PenstockError):
        return Problem(type(error).__name__, str(error))
    return Problem(EngineError.__name__, f"internal error: {type(error).__name__}: {error}")


def raise_problem(problem: Problem) -> NoReturn:
    """Raise the error that was sent as *problem*; an unknown kind becomes an `EngineError`."""
    found = getattr(errors, problem.kind, None)
    if isinstance(found, type) and issubclass(found, PenstockError):
        raise found(problem.message)
    raise EngineError(f"{problem.kind}: {problem.message}")
