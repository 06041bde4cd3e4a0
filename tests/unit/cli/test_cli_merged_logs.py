"""`penstock logs --merged`, `--since` and `--pretty`."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from fakes.world import replace
from penstock.clock import to_us


@pytest.fixture
def merged(engine: FakeEngine) -> str:
    """The id of a run of orders_daily in which two tasks printed by turns."""
    run = engine.world.runs_of("orders_daily")[0]
    for attempt_id in [row.attempt_id for row in engine.world.attempts.values() if row.run_id == run.run_id]:
        engine.world.logs[attempt_id] = b""
    for task, log, times in (
        ("extract_orders", b"a1\na2\n", ((0, 0), (3, 20))),
        ("extract_fx", b'{"event": "b1", "level": "info"}\nb2', ((0, 10), (33, 30))),
    ):
        attempt_id = engine.world.attempt_of("orders_daily", run.run_id, task, 1)
        start = engine.world.attempts[attempt_id].queued
        engine.world.logs[attempt_id] = log
        begin = to_us(engine.world.runs_of("orders_daily")[0].start or start)
        engine.world.log_times[attempt_id] = [(offset, begin + after * 1_000_000) for offset, after in times]
    return run.run_id


def rows(text: str) -> list[tuple[str, str]]:
    return [tuple(line.split(" ", 1)[1].replace(" ", "").split("|", 1)) for line in text.splitlines()]  # type: ignore[misc]


def test_all_tasks_by_time_with_their_names(merged: str, say: Say) -> None:
    assert rows(say("logs", "orders_daily", merged, "--merged").out) == [
        ("extract_orders", "a1"),
        ("extract_fx", '{"event":"b1","level":"info"}'),
        ("extract_orders", "a2"),
        ("extract_fx", "b2"),
    ]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--only", "extract_fx", "--pretty"), ["INFOb1", "b2"]),
        (("--without", "extract_fx"), ["a1", "a2"]),
        (("-n", "1"), ["b2"]),
        (("-n", "0"), []),
        (("-n", "3", "--without", "extract_fx"), ["a1", "a2"]),
    ],
)
def test_parts(merged: str, say: Say, options: tuple[str, ...], wanted: list[str]) -> None:
    assert [text for _, text in rows(say("logs", "orders_daily", merged, "--merged", *options).out)] == wanted


def test_a_time_window(merged: str, say: Say, engine: FakeEngine) -> None:
    start = engine.world.runs_of("orders_daily")[0].start
    assert start is not None
    first, last = ((start + timedelta(seconds=each)).isoformat() for each in (5, 25))
    said = say("logs", "orders_daily", merged, "--merged", "--since", first, "--until", last)
    assert [name for name, _ in rows(said.out)] == ["extract_fx", "extract_orders"]


def test_as_json(merged: str, say: Say) -> None:
    found = json.loads(say("logs", "orders_daily", merged, "--merged", "--json").out)
    assert [(line["task_id"], line["text"]) for line in found["lines"]][::2] == [
        ("extract_orders", "a1"),
        ("extract_orders", "a2"),
    ]
    assert set(found["lines"][0]) == {"task_id", "map_index", "try_number", "time", "text"}


def test_it_follows_to_the_end_of_the_run(
    say: Say, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = engine.world.runs_of("fx_rates")[0]
    live = [row for row in engine.world.attempts.values() if row.run_id == run.run_id and row.end is None]

    def end(_seconds: float) -> None:
        for row in live:
            engine.append_log(row.attempt_id, b"the end of it\n")
            engine.world.attempts[row.attempt_id] = replace(row, end=engine.now)
        detail = engine.world.runs["fx_rates", run.run_id]
        engine.world.runs["fx_rates", run.run_id] = replace(detail, run=replace(detail.run, end=engine.now))

    monkeypatch.setattr("penstock.cli.merged_logs.time.sleep", end)
    assert say("logs", "fx_rates", "latest", "--merged", "-f").out.count("the end of it") == len(live) > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "name a TASK, or say --merged"),
        (("a", "--merged"), "name a TASK, or say --merged"),
        (("a", "--only", "b"), "--only and --without go with --merged"),
        (("a", "-f", "--until", "2h"), "--until is an end"),
        (("--merged", "-f", "--json"), "cannot follow"),
    ],
)
def test_what_does_not_go_together(say: Say, options: tuple[str, ...], said: str) -> None:
    answer = say("logs", "hello", "latest", *options)
    assert (answer.code, said in answer.err) == (2, True)


def test_a_task_that_printed_nothing_is_named(merged: str, say: Say) -> None:
    assert "nope has printed nothing" in say("logs", "orders_daily", merged, "--merged", "--only", "nope").err
