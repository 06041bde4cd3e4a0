"""`penstock xcom` and `penstock history`: what tasks pushed, and how one went in its last runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from fakes.world import replace
from penstock.model.xcom_values import line_of, plain


def test_xcom_of_a_run_and_of_a_task(say: Say) -> None:
    answer = say("xcom", "orders_daily", "latest", "--json")
    assert answer.code == 0
    rows = answer.document["xcoms"]
    assert {(row["task_id"], row["key"]) for row in rows} == {
        ("dedupe", "return_value"),
        ("dedupe", "api_token"),
        ("join", "return_value"),
    }
    [only] = say("xcom", "orders_daily", "latest", "join", "--json").document["xcoms"]
    assert only["value"] == ["eur", "usd"]
    assert say("xcom", "orders_daily", "latest", "--key", "api_token", "--json").document["xcoms"][0][
        "value"
    ] == ("***")


def test_xcom_is_a_table_for_people(say: Say) -> None:
    answer = say("xcom", "orders_daily", "latest", "dedupe")
    assert "return_value" in answer.out
    assert '"rows": 1204331' in answer.out
    nothing = say("xcom", "orders_daily", "latest", "report")
    assert (nothing.code, nothing.out) == (0, "")
    assert "report has pushed nothing" in nothing.err


@pytest.mark.parametrize(
    "command",
    [
        ("xcom", "orders_daily", "latest", "joi"),
        ("history", "orders_daily", "joi"),
    ],
)
def test_an_unknown_task_is_refused_with_what_is_near(say: Say, command: tuple[str, ...]) -> None:
    answer = say(*command, "--json")
    assert answer.code != 0
    assert "join" in answer.err


def test_history_for_programs_and_for_people(say: Say, engine: FakeEngine) -> None:
    key = ("orders_daily", engine.world.runs_of("orders_daily")[0].run_id)
    detail = engine.world.runs[key]
    slow = tuple(
        replace(task, p95=1.0, end=detail.run.run_after + timedelta(minutes=9))
        if task.task_id == "dedupe"
        else task
        for task in detail.tasks
    )
    engine.world.runs[key] = replace(detail, tasks=slow)
    found = say("history", "orders_daily", "dedupe", "--json").document
    assert (found["dag_id"], found["task_id"]) == ("orders_daily", "dedupe")
    assert len(found["runs"]) == 24
    assert (found["runs"][0]["slow"], found["runs"][1]["slow"]) == (True, False)
    assert found["p50"] == 40.0
    answer = say("history", "orders_daily", "dedupe", "-n", "5")
    assert answer.out.count("\n") == 6
    assert "slower than 95 % of its runs" in answer.out
    assert "p50" in answer.err
    assert "slower than 95 % of its runs" in say("tasks", "list", "orders_daily", "latest").out


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("text", "text"),
        (None, "null"),
        ([1, "a"], '[1, "a"]'),
        ({"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1, 2]}, "[1, 2]"),
        (
            {
                "__classname__": "datetime.datetime",
                "__version__": 2,
                "__data__": {"iso": "2026-01-01", "tz": None},
            },
            "2026-01-01",
        ),
        ({"n": {"__classname__": "decimal.Decimal", "__version__": 1, "__data__": "1.10"}}, '{"n": "1.10"}'),
    ],
)
def test_wrapped_values_are_shown_as_what_they_are(value: object, line: str) -> None:
    assert line_of(value) == line
    assert plain(plain(value)) == plain(value)


def test_grid_for_programs_and_for_people(say: Say) -> None:
    found = say("grid", "orders_daily", "-n", "3", "--json").document
    assert [run["state"] for run in found["runs"]] == ["failed", "success", "success"]
    join = next(row for row in found["tasks"] if row["task_id"] == "join")
    assert [cell["state"] for cell in join["cells"]] == ["failed", "success", "success"]
    answer = say("grid", "orders_daily", "-n", "3")
    lines = answer.out.splitlines()
    assert next(line.split() for line in lines if line.startswith("join")) == ["join", "S", "S", "F"]
    assert "F failed" in answer.err
    assert "has no runs yet" in say("grid", "brand_new").err


def test_graph_for_programs_and_for_people(say: Say) -> None:
    found = say("graph", "orders_daily", "--run", "latest", "--json").document
    node = next(node for node in found["nodes"] if node["task_id"] == "join")
    assert (node["layer"], node["state"], node["instances"]) == (3, "failed", 1)
    assert {(edge["from"], edge["to"]) for edge in found["edges"] if edge["to"] == "join"} == {
        ("dedupe", "join"),
        ("stage_users", "join"),
    }
    structure = say("graph", "orders_daily", "--json").document
    assert structure["run_id"] is None
    assert "state" not in structure["nodes"][0]
    assert structure["edges"] == found["edges"]
    drawn = say("graph", "orders_daily", "--run", "latest")
    assert "✗ join ─" in drawn.out or "F join -" in drawn.out
    assert "failed" in drawn.err
    near = say("graph", "orders_daily", "--around", "join", "--steps", "1")
    assert "3 steps" not in near.err
    assert "of 12 nodes: 1 step around join" in near.err
    folded = say("graph", "nyc_flights", "--fold", "ingest")
    assert "ingest.*" in folded.out
    assert "ingest.flights" not in folded.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--around", "joi"), "orders_daily has no task 'joi'; did you mean join?"),
        (("--fold", "nowhere"), "orders_daily has no group 'nowhere'"),
        (("--run", "2001-01-01"), "has no run of 2001-01-01"),
    ],
)
def test_a_graph_of_what_is_not_there_is_refused(say: Say, words: tuple[str, ...], said: str) -> None:
    answer = say("graph", "orders_daily", *words)
    assert answer.code != 0
    assert said in answer.err


def test_a_large_graph_is_drawn_near_one_task_or_whole_when_asked(say: Say, engine: FakeEngine) -> None:
    engine.world.add_dag("crowd", {f"t{at}": (f"t{at - 1}",) if at % 40 else () for at in range(1000)})
    near = say("graph", "crowd")
    assert "t2 +1" in near.out
    assert "3 of 1000 nodes: 2 steps around t0; --around" in near.err
    whole = say("graph", "crowd", "--all")
    assert "t999" in whole.out
    assert len(say("graph", "crowd", "--json").document["edges"]) == 975


def test_timeline_for_programs_and_for_people(say: Say) -> None:
    found = say("timeline", "orders_daily", "latest", "--json").document
    join = next(row for row in found["tasks"] if row["task_id"] == "join")
    assert [attempt["outcome"] for attempt in join["attempts"]][::2] == ["exit 1"] * 2
    assert [row["task_id"] for row in found["tasks"] if row["critical"]] == ["extract_fx"]
    answer = say("timeline", "orders_daily", "latest", "--sort", "duration")
    assert answer.out.splitlines()[1].startswith("*  extract_fx")
