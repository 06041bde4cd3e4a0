"""What the looking verbs print: one document for scripts, tables for people, talk beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from fakes.world import replace
from penstock.model.views.pauses import PauseInfo

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)

RUN = "scheduled__2026-08-21T06:00:00+00:00"
PLURALS = {
    ("dags", "list"): "dags",
    ("dags", "next", "hello", "-n", "10"): "points",
    ("dags", "errors"): "errors",
    ("runs", "list", "orders_daily"): "runs",
    ("tasks", "list", "orders_daily", "latest"): "tasks",
    ("attempts", "orders_daily", "latest", "join"): "attempts",
    ("backfill", "list"): "backfills",
    ("pools", "list"): "pools",
    ("events",): "events",
}


@pytest.mark.parametrize("command", PLURALS, ids=" ".join)
def test_lists_come_under_their_plural_noun(say: Say, command: tuple[str, ...]) -> None:
    answer = say(*command, "--json")
    assert answer.code == 0
    assert list(answer.document) == [PLURALS[command]]
    assert answer.document[PLURALS[command]] or command == ("events",)
    assert answer.err == ""


@pytest.mark.parametrize("command", PLURALS, ids=" ".join)
def test_every_list_is_readable_too(say: Say, command: tuple[str, ...]) -> None:
    answer = say(*command)
    assert answer.code == 0
    assert answer.out or answer.err
    assert "Traceback" not in answer.err


def test_status_has_the_fixed_fields(say: Say) -> None:
    answer = say("status", "--json")
    assert answer.code == 0
    fixed = {
        "pid", "since", "running", "queued", "failed_24h", "idle_seconds", "database_bytes", "log_bytes",
    }  # fmt: skip
    assert fixed <= set(answer.document)
    assert answer.document["pid"] == 4711


def test_status_without_an_engine_is_a_document_all_the_same(alone: Say) -> None:
    answer = alone("status", "--json")
    assert answer.code == 3
    assert answer.document["pid"] is None
    assert answer.document["running"] == 0
    assert answer.document["idle_seconds"] is None


def test_status_of_a_stopped_engine_is_what_is_stored(say: Say, engine: FakeEngine) -> None:
    engine.read_only = True
    answer = say("status", "--json")
    assert answer.code == 3
    assert answer.document["pid"] is None
    assert answer.document["dags"] == len(engine.world.dags)
    assert "penstock up -d" in say("status").out


def test_data_from_the_database_says_how_old_it_is(say: Say, engine: FakeEngine) -> None:
    engine.read_only = True
    answer = say("dags", "list", "--json")
    assert answer.code == 0
    assert answer.document["dags"]
    assert "no engine is running" in answer.err
    assert "ago" in answer.err


def test_rows_of_runs(say: Say) -> None:
    rows = say("runs", "list", "orders_daily", "--json").document["runs"]
    assert {"run_id", "run_type", "state", "logical_date", "start", "end"} <= set(rows[0])
    assert rows[0]["run_id"] == RUN
    assert rows[0]["logical_date"] == "2026-08-21T06:00:00Z"
    dates = [row["run_after"] for row in rows]
    assert dates == sorted(dates, reverse=True)


def test_all_runs_are_listed_page_by_page(
    say: Say, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.cli.lookup._PAGE", 5)
    rows = say("runs", "list", "orders_daily", "--json").document["runs"]
    assert [row["run_id"] for row in rows] == [row.run_id for row in engine.world.runs_of("orders_daily")]
    assert len(rows) > 20


def test_runs_by_state_and_number(say: Say) -> None:
    rows = say("runs", "list", "orders_daily", "--state", "failed", "--json").document["runs"]
    assert {row["state"] for row in rows} == {"failed"}
    assert say("runs", "list", "orders_daily", "--state", "fialed", "--json").code == 2
    answer = say("runs", "list", "orders_daily", "--limit", "2")
    assert len(answer.out.splitlines()) == 3
    assert "--limit 0" in answer.err


def test_rows_of_tasks(say: Say) -> None:
    rows = say("tasks", "list", "orders_daily", RUN, "--json").document["tasks"]
    fixed = {
        "task_id", "map_index", "state", "try_number", "outcome", "start", "end", "peak_rss", "cpu_seconds",
    }  # fmt: skip
    assert len(rows) > 5
    assert [fixed - set(row) for row in rows] == [set()] * len(rows)
    by_id = {row["task_id"]: row for row in rows}
    assert by_id["join"]["outcome"] == "exit 1"
    assert by_id["join"]["outcome_detail"]["exit_code"] == 1
    assert by_id["fx"]["outcome"] is None


def test_a_run_is_found_by_its_date_on_the_wall_clock_of_its_dag(say: Say) -> None:
    latest = say("tasks", "list", "orders_daily", "latest", "--json")
    assert say("tasks", "list", "orders_daily", "2026-08-21", "--json").out == latest.out
    assert say("tasks", "list", "orders_daily", "2026-08-21T06:00", "--json").out == latest.out
    assert say("tasks", "list", "nyc_flights", "2026-08-20T02:00", "--json").code == 0
    assert say("tasks", "list", "nyc_flights", "2026-08-20T06:00", "--json").code == 2
    assert "no run of 2020-01-01" in say("tasks", "list", "orders_daily", "2020-01-01").err


@pytest.mark.parametrize(
    ("command", "near"),
    [
        (("dags", "show", "order_daily"), "orders_daily"),
        (("runs", "list", "helo"), "hello"),
        (("tasks", "list", "hello", "manual__2026-08-19T06:00:00"), "manual__2026-08-19T06:00:00+00:00"),
        (("why", "orders_daily", RUN, "jion"), "join"),
        (("trigger", "helo"), "hello"),
        (("clear", "orders_dayly", RUN), "orders_daily"),
        (("stats",), "status"),
    ],
)
def test_what_does_not_exist_is_answered_with_its_neighbours(
    say: Say, command: tuple[str, ...], near: str
) -> None:
    answer = say(*command)
    assert answer.code == 2
    assert f"did you mean {near}" in answer.err
    assert answer.out == ""


def test_an_error_is_a_document_for_those_who_asked_for_documents(say: Say) -> None:
    answer = say("dags", "show", "order_daily", "--json")
    assert answer.code == 2
    assert answer.document["error"]["kind"] == "UnknownError"
    assert "orders_daily" in answer.document["error"]["message"]
    answer = say("dags", "next", "hello", "-n", "many", "--json")
    assert answer.code == 2
    assert answer.document["error"]["kind"] == "UsageError"


def test_why_names_the_gates_and_the_chain(say: Say) -> None:
    answer = say("why", "orders_daily", "latest", "fx", "--json")
    assert {"subject", "state", "gates", "chain"} <= set(answer.document)
    assert answer.document["gates"][0]["kind"] == "trigger_rule"
    text = say("why", "orders_daily", "latest", "fx").out
    assert "join" in text
    assert "upstream_failed" in text


def test_hostile_names_cannot_steer_the_terminal(say: Say, engine: FakeEngine) -> None:
    engine.world.add_dag("odd", {"a": ()}, description="\x1b]0;owned\x07evil\x1b[2J", owner="a\nb")
    for command in (("dags", "list"), ("dags", "show", "odd")):
        answer = say(*command)
        assert "\x1b" not in answer.out + answer.err
        assert "\x07" not in answer.out
    assert "evil" in answer.out


def test_dags_show_says_who_paused_it_and_why(say: Say, engine: FakeEngine) -> None:
    detail = engine.world.dags["nyc_flights"]
    pause = PauseInfo(by="ann", since=NOON, why="the source is down", until=NOON + timedelta(hours=1))
    engine.world.dags["nyc_flights"] = replace(detail, dag=replace(detail.dag, paused=pause, frozen=None))
    shown = say("dags", "show", "nyc_flights").out
    (line,) = [line for line in shown.splitlines() if line.startswith("paused")]
    assert "by ann since" in line
    assert ": the source is down, until " in line
    assert not [line for line in shown.splitlines() if line.startswith("frozen")]


def test_dags_show_tells_the_schedule_in_words_and_what_was_said_at_load(
    say: Say, engine: FakeEngine
) -> None:
    detail = engine.world.dags["nyc_flights"]
    told = replace(detail, words="daily at 06:00 UTC", warnings=("cron '0 22-6 * * *': \x1b[2Jover the end",))
    engine.world.dags["nyc_flights"] = told
    answer = say("dags", "show", "nyc_flights")
    assert "daily at 06:00 UTC" in answer.out
    assert answer.err.startswith("! cron '0 22-6 * * *': ")
    assert "\x1b" not in answer.err
    assert say("dags", "show", "nyc_flights", "--json").document["warnings"] == list(told.warnings)


def test_dags_next_shows_moves_of_the_clock(say: Say) -> None:
    answer = say("dags", "next", "nyc_flights", "-n", "3")
    assert "America/New_York" in answer.out
    assert len(answer.out.splitlines()) == 4


def test_what_is_hardly_alike_is_not_suggested_but_what_there_is_is_listed(say: Say) -> None:
    answer = say("why", "orders_daily", RUN, "jxix")  # two of four letters of join
    assert answer.code == 2
    assert "did you mean" not in answer.err
    assert "there are" in answer.err
    assert "join" in answer.err
