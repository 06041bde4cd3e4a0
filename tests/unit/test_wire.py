"""The language of the socket, without a socket."""

from __future__ import annotations

import inspect
import json
from typing import Any

import msgspec
import pytest

from architecture.house import ROOT
from penstock import errors
from penstock.api import wire
from penstock.api.engine import Engine, TaskQuestions
from penstock.api.local import LocalEngine
from penstock.api.questions import Hello, Socket, arguments_of, question
from penstock.errors import EngineError, PenstockError, PlanStaleError, ProtocolError, UnknownError
from penstock.model import acts
from penstock.model.views.attempts import LogChunk

WIRE_1 = json.loads((ROOT / "tests" / "golden" / "wire.json").read_text())
"""Questions, views and acts as version 1 of the protocol began with them."""


def methods(port: type) -> list[str]:
    return [name for name, call in vars(port).items() if inspect.isfunction(call) and name[0] != "_"]


ASKED = {name: port for port in (Engine, TaskQuestions, Socket) for name in methods(port) if name != "close"}


@pytest.mark.parametrize("name", ASKED)
def test_a_question_is_what_its_method_says(name: str) -> None:
    """Python's own reading of the method is the judge: names, their order, what may be left out."""
    asked = question(name)
    parameters = list(inspect.signature(getattr(ASKED[name], name)).parameters.values())[1:]
    assert asked.parameters == tuple(each.name for each in parameters)
    assert asked.by_place == sum(each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters)
    assert asked.required == {each.name for each in parameters if each.default is each.empty}
    assert asked.acting == (name in {"commit", "keep_runbook"})
    fields = msgspec.structs.fields(arguments_of(name))
    assert [each.name for each in fields] == [each.name for each in parameters]
    assert [each.default for each in fields if not each.required] == [
        each.default for each in parameters if each.default is not each.empty
    ]


@pytest.mark.parametrize("name", [*methods(Engine), *methods(TaskQuestions)])
def test_the_engine_takes_what_the_port_says(name: str) -> None:
    """Parameters travel by name, so a renamed one would break only at run time."""
    port = TaskQuestions if name in methods(TaskQuestions) else Engine
    ours, said = getattr(LocalEngine, name), getattr(port, name)
    assert inspect.signature(ours, eval_str=True) == inspect.signature(said, eval_str=True)


@pytest.mark.parametrize(
    ("name", "places", "names", "sent"),
    [
        ("status", (), {}, {}),
        ("next_points", ("etl", 3), {}, {"dag_id": "etl", "count": 3}),
        ("next_points", ("etl",), {"count": 3}, {"dag_id": "etl", "count": 3}),
        ("runs", ("etl",), {"before": None}, {"dag_id": "etl", "before": None}),
        ("dags", (), {"strip": 2}, {"strip": 2}),
    ],
)
def test_arguments_are_sent_by_name_and_no_others(
    name: str, places: tuple[Any, ...], names: dict[str, Any], sent: dict[str, Any]
) -> None:
    """What is not given is not sent: an older engine is asked for nothing that it does not know."""
    assert question(name).named(places, names) == sent


@pytest.mark.parametrize(
    ("name", "places", "names", "said"),
    [
        ("dags", (3,), {}, "at most 0"),
        ("run", ("etl",), {"dag_id": "etl"}, "got twice: dag_id"),
        ("run", ("etl",), {"runid": "x"}, "does not take runid"),
        ("run", ("etl",), {}, "lacks run_id"),
    ],
)
def test_a_wrong_call_is_refused_before_it_is_sent(
    name: str, places: tuple[Any, ...], names: dict[str, Any], said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        question(name).named(places, names)


@pytest.mark.parametrize("name", WIRE_1["questions"])
def test_older_clients_are_understood(name: str) -> None:
    """They send every parameter that they know, and may leave out no other: else raise `WIRE_VERSION`."""
    assert wire.WIRE_VERSION == 1
    asked, known = question(name), WIRE_1["questions"][name]["params"]
    assert set(known) <= set(asked.parameters)
    assert asked.required <= {each for each, required in known.items() if required}


@pytest.mark.parametrize("name", [name for name, said in WIRE_1["questions"].items() if "result" in said])
def test_older_clients_find_what_they_expect_in_an_answer(name: str) -> None:
    schema = msgspec.json.schema(question(name).result)
    shape = schema.get("$ref") or schema.get("items", {}).get("$ref") or schema.get("type")
    assert shape == WIRE_1["questions"][name]["result"]
    for view, body in schema.get("$defs", {}).items():
        gone = set(WIRE_1["views"].get(view, ())) - set(body.get("properties", ()))
        assert not gone, f"{view} has lost {gone}"


def test_older_acts_are_understood() -> None:
    schema = msgspec.json.schema(acts.AnyAct)["$defs"]
    for act, known in WIRE_1["acts"].items():
        assert set(known["fields"]) <= set(schema[act]["properties"]), act
        assert set(schema[act].get("required", ())) <= set(known["required"]), act


@pytest.mark.parametrize(
    "name", ["close", "__init__", "__class__", "_stored", "no_such", "", "\x00", "status\n", "Engine"]
)
def test_nothing_else_can_be_called(name: str) -> None:
    with pytest.raises(ProtocolError, match="does not exist"):
        question(name)


def request(text: str) -> dict[str, Any]:
    asked = wire.decode_request(text.encode())
    return wire.decode_params(question(asked.method), asked.params)


def test_missing_parameters_take_their_defaults() -> None:
    assert request('{"method": "dags"}') == {"strip": 24, "only": None}
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
    assert wire.decode_result(message.result, question("read_log").result) == chunk


def test_a_newer_engines_extra_fields_are_ignored() -> None:
    message = wire.decode_message(
        b'{"id": 1, "result": {"version": 1, "program": "9", "pid": 2, "mood": "good"}, "x": 1}'
    )
    assert wire.decode_result(message.result, Hello) == Hello(version=1, program="9", pid=2)


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
