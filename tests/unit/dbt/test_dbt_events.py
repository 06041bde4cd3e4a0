"""dbt's JSON lines: what they say, and lines that are something else. As dbt-core 1.11 writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.dbt.events import NodeEnd, read


def line(name: str, msg: str = "", level: str = "info", **data: Any) -> str:
    return json.dumps({"info": {"name": name, "msg": msg, "level": level}, "data": data})


NODE = {"unique_id": "model.p.a", "node_status": "success"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words",
        "{",
        "{}",
        "[]",
        '{"info": 1, "data": 2}',
        '{"info": {"name": "x"}, "data": {}}',
        "{\x00",
    ],
)
def test_other_lines_are_no_events(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("said", "people", "node"),
    [
        (line("LogModelResult", "OK", node_info=NODE), True, True),
        (line("SQLQuery", "select 1", "debug", node_info=NODE), False, True),
        (line("SQLQuery", "select 1", "debug"), False, False),
        (line("NodeCompiling", "x", "debug", node_info=NODE), False, False),
        (line("Formatting", ""), False, False),
        (line("EndOfRunSummary", "done"), True, False),
    ],
)
def test_which_log_a_line_belongs_in(said: str, people: bool, node: bool) -> None:
    event = read(said)
    assert event is not None
    assert (event.for_people, event.for_its_node) == (people, node)


@pytest.mark.parametrize(
    ("result", "end"),
    [
        (
            {"adapter_response": {"rows_affected": 2.0}, "execution_time": 2.1010256, "num_failures": 0},
            {"status": "success", "rows": 2, "seconds": 2.101},
        ),
        ({"adapter_response": {"rows_affected": -1}}, {"status": "success"}),
        ({}, {"status": "success"}),
        (
            {"message": "\x1b[31mGot 3\x1b[0m", "num_failures": 3},
            {"status": "success", "message": "Got 3", "failures": 3},
        ),
    ],
)  # fmt: skip
def test_how_a_node_ended(result: dict[str, Any], end: dict[str, Any]) -> None:
    event = read(line("NodeFinished", "", "debug", node_info=NODE, run_result=result))
    assert event is not None
    assert event.end is not None
    assert event.end.fields() == end


@pytest.mark.parametrize(
    ("status", "fine"),
    [
        ("success", True), ("pass", True), ("warn", True), ("no-op", True), ("error", False), ("fail", False),
        ("runtime error", False), ("skipped", False), ("", False), ("something new", False),
    ],
)  # fmt: skip
def test_what_counts_as_an_end_that_is_fine(status: str, fine: bool) -> None:
    assert NodeEnd(status).fine is fine


def test_why_in_one_line_and_a_statement_without_its_header() -> None:
    assert NodeEnd("error", message="Database Error in a\n\n  no such table\n  LINE 1").why == (
        "Database Error in a: no such table"
    )
    assert NodeEnd("error").why == "error"
    event = read(line("SQLQuery", 'On a: /* {"app": "dbt", "x": 1} */\nselect 1', "debug", node_info=NODE))
    assert event is not None
    assert event.text == "On a: select 1"
