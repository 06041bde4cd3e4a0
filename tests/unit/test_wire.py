"""The language of the socket, without a socket."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from penstock import errors
from penstock.api import wire
from penstock.api.client import SocketEngine
from penstock.api.engine import Engine
from penstock.api.local import LocalEngine
from penstock.errors import EngineError, PenstockError, PlanStaleError, ProtocolError, UnknownError
from penstock.model import acts
from penstock.model.views.attempts import LogChunk

PORT = [name for name, call in vars(Engine).items() if inspect.isfunction(call) and not name.startswith("_")]


ON_THE_WIRE = [name for name in PORT if name != "close"] + ["hello", "ping", "run_states"]


@pytest.mark.parametrize("name", ON_THE_WIRE)
def test_every_method_of_the_port_has_a_description(name: str) -> None:
    described = wire.method(name)
    assert described.name == name
    assert (
        described.params.__struct_fields__
        == tuple(inspect.signature(getattr(Engine, name, None) or getattr(wire.Extras, name)).parameters)[1:]
    )


@pytest.mark.parametrize("name", PORT)
@pytest.mark.parametrize("implementation", [LocalEngine, SocketEngine])
def test_implementations_take_what_the_port_says(implementation: type[Any], name: str) -> None:
    """Parameters travel by name, so a renamed one would break only at run time."""
    assert inspect.signature(getattr(implementation, name)) == inspect.signature(getattr(Engine, name))


@pytest.mark.parametrize(
    "name", ["close", "__init__", "__class__", "_stored", "no_such", "", "\x00", "status\n", "Engine"]
)
def test_nothing_else_can_be_called(name: str) -> None:
    with pytest.raises(ProtocolError, match="does not exist"):
        wire.method(name)


def request(text: str) -> dict[str, Any]:
    asked = wire.decode_request(text.encode())
    return wire.decode_params(wire.method(asked.method), asked.params)


def test_missing_parameters_take_their_defaults() -> None:
    assert request('{"method": "dags"}') == {"strip": 24}
    assert request('{"method": "runs", "params": {"dag_id": "a"}}') == {
        "dag_id": "a",
        "limit": 50,
        "before": None,
    }


def test_acts_are_told_apart_by_their_verb() -> None:
    params = request('{"method": "plan", "params": {"act": {"act": "cancel", "dag_id": "a", "run_id": "r"}}}')
    assert params == {"act": acts.Cancel(dag_id="a", run_id="r")}


@pytest.mark.parametrize(
    "text",
    [
        '{"method": "runs"}',
        '{"method": "runs", "params": {"dag_id": 3}}',
        '{"method": "runs", "params": {"dag_id": "a", "limits": 3}}',
        '{"method": "runs", "params": {"dag_id": "a", "limit": 1e400}}',
        '{"method": "runs", "params": ["a"]}',
        '{"method": "plan", "params": {"act": {"act": "explode"}}}',
        '{"method": "plan", "params": {"act": {"act": "pool_set", "name": "p", "slots": "many"}}}',
        '{"method": 3}',
        '{"id": "x", "method": "status"}',
        "{}",
        "[]",
        "null",
        '"status"',
        "{",
        "\x00",
        "[" * 100_000,
        '{"method": "status", "params": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}",
    ],
)
def test_what_does_not_fit_is_a_protocol_error(text: str) -> None:
    with pytest.raises(ProtocolError):
        request(text)


def test_bytes_that_are_no_text_are_a_protocol_error() -> None:
    for line in (b"\xff\xfe", b'{"method": "\xff"}', b"\x80" * 10):
        with pytest.raises(ProtocolError):
            wire.decode_request(line)


def test_a_message_is_one_line_whatever_is_in_it() -> None:
    line = wire.encode({"id": 1, "result": "a\nb\r\u2028\x00"})
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert wire.decode_result(wire.decode_message(line).result, str) == "a\nb\r\u2028\x00"


def test_bytes_travel_unharmed() -> None:
    chunk = LogChunk(data=bytes(range(256)), offset=0, next_offset=256, size=256, end=True)
    message = wire.decode_message(wire.encode({"id": 1, "result": chunk}))
    assert wire.decode_result(message.result, wire.result_type(Engine.read_log)) == chunk


def test_a_newer_engines_extra_fields_are_ignored() -> None:
    message = wire.decode_message(
        b'{"id": 1, "result": {"version": 1, "program": "9", "pid": 2, "mood": "good"}, "x": 1}'
    )
    assert wire.decode_result(message.result, wire.Hello) == wire.Hello(version=1, program="9", pid=2)


OURS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PenstockError)]


@pytest.mark.parametrize("kind", OURS)
def test_errors_arrive_as_what_they_were(kind: type[PenstockError]) -> None:
    sent = kind("the reason")
    with pytest.raises(kind, match="the reason") as caught:
        wire.raise_problem(wire.problem_of(sent))
    assert type(caught.value) is kind
    assert caught.value.exit_code == sent.exit_code


def test_an_error_that_is_not_ours_is_the_engines() -> None:
    problem = wire.problem_of(ZeroDivisionError("by zero"))
    with pytest.raises(EngineError, match="ZeroDivisionError: by zero"):
        wire.raise_problem(problem)


@pytest.mark.parametrize("kind", ["SystemExit", "Exception", "annotations", "__builtins__", ""])
def test_a_kind_cannot_name_anything_but_our_errors(kind: str) -> None:
    with pytest.raises(EngineError, match="boo"):
        wire.raise_problem(wire.Problem(kind, "boo"))


def test_stale_is_refused_and_unknown_is_wrong_use() -> None:
    assert wire.problem_of(PlanStaleError()).kind == "PlanStaleError"
    assert wire.problem_of(UnknownError("x")).message == "x"
