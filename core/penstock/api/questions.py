"""The table of questions: what may be asked over the socket, read from the type hints of the ports.

Every method of a port that returns something is a question. A client needs to know how its arguments
are called and what it returns, the engine also what the arguments must be. Both are worked out when
a question is first asked: the command line starts with this.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple, Protocol, get_type_hints

import msgspec

from penstock.api.engine import Engine, TaskQuestions
from penstock.api.searches import Searches
from penstock.api.system_engine import SystemEngine
from penstock.api.task_engine import TaskEngine
from penstock.errors import ProtocolError


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """Which engine answers: its wire version, the program's version, its process id."""

    version: int
    program: str
    pid: int


class Socket(Protocol):
    """What the socket answers by itself."""

    def hello(self, version: int) -> Hello:
        """Greet the engine; raises `ProtocolError` for another wire version."""
        ...

    def ping(self) -> bool:
        """Return True."""
        ...


PORTS = (Engine, TaskEngine, SystemEngine, TaskQuestions, Searches, Socket)


class Question(NamedTuple):
    """One question: its name, its parameters in order, and the type of its result."""

    name: str
    parameters: tuple[str, ...]
    by_place: int
    """How many of the parameters may be given by their place."""
    required: frozenset[str]
    result: Any
    acting: bool
    """Whether it changes something (`penstock.api.engine.acting`)."""
    aside: bool
    """Whether it is answered in a thread of its own (`penstock.api.engine.aside`)."""

    def named(self, places: tuple[Any, ...], names: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call by name; raise TypeError, as Python would, if they do not fit."""
        if len(places) > self.by_place:
            raise TypeError(f"{self.name}() takes at most {self.by_place} arguments by their place")
        given = dict(zip(self.parameters, places, strict=False))
        if twice := names.keys() & given.keys():
            raise TypeError(f"{self.name}() got twice: {', '.join(sorted(twice))}")
        if unknown := names.keys() - set(self.parameters):
            raise TypeError(f"{self.name}() does not take {', '.join(sorted(unknown))}")
        given |= names
        if missing := self.required - given.keys():
            raise TypeError(f"{self.name}() lacks {', '.join(sorted(missing))}")
        return given


@functools.cache
def question(name: str) -> Question:
    """Return the question *name*; raise `ProtocolError` if it does not exist."""
    call = _method(name)
    code = call.__code__
    by_place = code.co_argcount - 1
    parameters = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    return Question(
        name=name,
        parameters=parameters,
        by_place=by_place,
        required=frozenset(parameters) - _defaults(call).keys(),
        result=get_type_hints(call)["return"],
        acting=vars(call).get("acting", False),
        aside=vars(call).get("aside", False),
    )


@functools.cache
def arguments_of(name: str) -> type[msgspec.Struct]:
    """Return a struct with the parameters of a question, their types and their defaults.

    Raises `ProtocolError` if there is no such question.
    """
    asked, call = question(name), _method(name)
    hints, defaults = get_type_hints(call), _defaults(call)
    fields: list[Any] = [
        (each, hints[each], defaults[each]) if each in defaults else (each, hints[each])
        for each in asked.parameters
    ]
    return msgspec.defstruct(name, fields, frozen=True, kw_only=True, forbid_unknown_fields=True)


def _method(name: str) -> FunctionType:
    for port in PORTS:
        call = vars(port).get(name)
        if isinstance(call, FunctionType) and not name.startswith("_") and _returns_something(call):
            return call
    raise ProtocolError(f"method {name[:80]!r} does not exist")


def _returns_something(call: Callable[..., Any]) -> bool:
    return call.__annotations__.get("return") not in (None, "None")


def _defaults(call: FunctionType) -> dict[str, Any]:
    code, by_place = call.__code__, call.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(by_place) : code.co_argcount]
    return dict(zip(names, by_place, strict=True)) | (call.__kwdefaults__ or {})
