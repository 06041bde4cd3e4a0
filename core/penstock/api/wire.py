"""The protocol of the engine's socket: one JSON object on each line.

::

    -> {"id": 1, "method": "hello", "params": {"version": 1}}
    <- {"id": 1, "result": {"version": 1, "program": "0.1.0", "pid": 4711}}
    -> {"id": 2, "method": "run", "params": {"dag_id": "load", "run_id": "manual__1"}}
    <- {"id": 2, "error": {"kind": "UnknownError", "message": "DAG 'load' does not exist"}}
    -> {"id": 3, "method": "changes", "params": {"heartbeat": 15.0}}
    <- {"change": {"cursor": 812, "runs": [["load", "manual__1"]]}}

Methods, parameters and results are those of the `Engine` port, read from its own type hints, so a
call is described in one place only. `Extras` adds what belongs to the socket. ``hello`` may be
left out. After ``changes`` a connection carries only notices. ``kind`` is the name of a
class in `penstock.errors`. Everything here imports fast: the command line starts with it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, NoReturn, Protocol, TypeVar, get_type_hints

import msgspec

from penstock import errors
from penstock.api.engine import Engine
from penstock.decoding import decoder
from penstock.errors import EngineError, PenstockError, ProtocolError
from penstock.model.views.events import Change
from penstock.model.views.runs import RunStates
from penstock.model.views.xcoms import XComSource

T = TypeVar("T")

WIRE_VERSION = 1
"""Raised if an older peer could misunderstand; added methods and fields do not raise it."""
MAX_REQUEST_BYTES = 1 << 20
"""A longer request line is refused and skipped."""
CHANGES = "changes"
"""The only method that is a stream."""


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """Which engine answers: its wire version, the program's version, its process id."""

    version: int
    program: str
    pid: int


class Extras(Protocol):
    """What the socket offers beyond the port."""

    def hello(self, version: int) -> Hello:
        """Greet the engine; raises `ProtocolError` for another wire version."""
        ...

    def ping(self) -> bool:
        """Return True."""
        ...

    def run_states(
        self,
        dag_id: str,
        logical_date: datetime | None = None,
        task_ids: tuple[str, ...] | None = None,
        run_id: str | None = None,
        group_id: str | None = None,
        *,
        must_exist: bool = False,
    ) -> RunStates:
        """Return the state of a run, by logical date or id, and of tasks in it: named, or of a group.

        With *must_exist* a DAG, task or group that does not exist raises `UnknownError`.
        """
        ...

    def xcom_sources(
        self,
        dag_id: str,
        task_ids: tuple[str, ...],
        key: str,
        run_id: str | None = None,
        until: datetime | None = None,
    ) -> list[XComSource]:
        """Return the attempts that hold pushed values: of one run, or dated up to *until*, newest first."""
        ...


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


class Method(NamedTuple):
    """One callable of the wire: its name, a struct made from its parameters, and its result's type."""

    name: str
    params: type[msgspec.Struct]
    result: Any


@functools.cache
def method(name: str) -> Method:
    """Return the description of *name*; raise `ProtocolError` if there is no such method."""
    for port in (Engine, Extras):
        call = vars(port).get(name)
        if inspect.isfunction(call) and not name.startswith("_") and name != "close":
            return _describe(call)
    raise ProtocolError(f"method {name[:80]!r} does not exist")


def _describe(call: Callable[..., Any]) -> Method:
    hints = get_type_hints(call)
    fields: list[Any] = []
    for parameter in list(inspect.signature(call).parameters.values())[1:]:
        field = (parameter.name, hints[parameter.name])
        fields.append(field if parameter.default is parameter.empty else (*field, parameter.default))
    params = msgspec.defstruct(call.__name__, fields, frozen=True, kw_only=True, forbid_unknown_fields=True)
    return Method(call.__name__, params, hints["return"])


@functools.cache
def result_type(call: Callable[..., Any]) -> Any:
    """Return what *call*, a method of `Engine` or `Extras`, gives."""
    return get_type_hints(call)["return"]


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


def decode_params(described: Method, raw: msgspec.Raw) -> dict[str, Any]:
    """Return the arguments of a call; raise `ProtocolError` that names the one that does not fit."""
    params = _decoded(decoder(described.params), raw)
    return {name: getattr(params, name) for name in described.params.__struct_fields__}


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
