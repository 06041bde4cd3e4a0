"""`penstock digest`: what is told, as text and as JSON, and what counts as a look."""

from __future__ import annotations

from datetime import timedelta

from drive.commands import Say
from fakes.engine import FakeEngine
from fakes.world import NOW
from penstock.cli.acting import actor
from penstock.model.failures import person_of
from penstock.model.views.digest import LateKind, LateRun, Recovered, SkippedPoints, SlowTask
from penstock.model.views.events import EventRow

_KEYS = (
    "since", "until", "looked", "failed", "recovered", "late", "slow", "skipped", "acts", "pauses",
    "files", "engine",
)  # fmt: skip


def happen(engine: FakeEngine) -> None:
    hour = NOW - timedelta(hours=1)
    engine.world.away_parts = {
        "recovered": (
            Recovered(
                dag_id="orders_daily", task_id="join", failed_run_id="r1", failed=hour, line="ERROR gone",
                run_id="r1", at=NOW,
            ),
        ),
        "late": (
            LateRun(
                kind=LateKind.END, dag_id="nyc_flights", run_id="r2", at=NOW, seconds=754.0, usual=60.0
            ),
        ),
        "slow": (
            SlowTask(
                dag_id="nyc_flights", run_id="r2", task_id="load", map_index=3, at=NOW, seconds=2472.0,
                p95=254.0, ended=False,
            ),
        ),
        "skipped": (
            SkippedPoints(dag_id="hello", first=hour, last=NOW, count=3, reason="paused", at=NOW),
        ),
    }  # fmt: skip
    for seq, kind, by, dag_id, reason in (
        (11, "act_retry", "bob@pts/1", "orders_daily", "Retry 6 tasks"),
        (12, "act_undo", "cid@pts/2", "orders_daily", "Undo: Retry 6 tasks"),
        (13, "pause_schedule", "bob@pts/1", "hello", "source moves"),
        (14, "dag_new", "engine", "fresh", "dags/fresh.py"),
        (15, "engine_start", "engine", None, "engine 7"),
    ):
        engine.world.events.append(
            EventRow(seq=seq, at=NOW, actor=by, kind=kind, dag_id=dag_id, reason=reason)
        )


def test_everything_is_told_in_one_document(say: Say, engine: FakeEngine) -> None:
    happen(engine)
    told = say("digest", "--json").document
    assert tuple(told) == _KEYS
    assert told["looked"] is None
    assert {"fingerprint", "line", "count", "open", "dags", "tasks"} <= set(told["failed"][0])
    assert told["failed"][0]["tasks"][0]["dag_id"]
    assert [(act["act"], act["actor"], act["undone"]) for act in told["acts"]] == [
        ("undo", "cid@pts/2", None),
        ("retry", "bob@pts/1", "cid@pts/2"),
    ]
    assert [(each["kind"], each["lifted"], each["dag_id"]) for each in told["pauses"]] == [
        ("schedule", False, "hello")
    ]
    assert [(each["what"], each["dag_id"]) for each in told["files"]] == [("new", "fresh")]
    assert told["engine"][0]["seconds"] >= 0
    assert told["late"][0]["kind"] == "end"


def test_a_person_reads_it_once(say: Say, engine: FakeEngine) -> None:
    happen(engine)
    told = say("digest")
    assert told.code == 0
    for text in (
        "FAILED (", "RECOVERED (1)", "the same run", "ended 12m 34s later than usual (1m after it was due)",
        "SKIPPED (1)", "paused", "Retry 6 tasks", "by cid@pts/2", "Pause the schedule of hello",
        "source moves", "new", "dags/fresh.py", "ENGINE (1)",
    ):  # fmt: skip
        assert text in told.out, text
    assert person_of(actor()) in engine.world.away
    engine.world.away_parts = {}
    again = say("digest")
    assert again.out == ""
    assert "nothing happened since" in again.err


def test_a_program_and_a_look_back_do_not_count_as_a_look(say: Say, engine: FakeEngine) -> None:
    say("digest", "--json")
    say("digest", "--since", "2h")
    assert engine.world.away == {}


def test_since_overrides_the_mark(say: Say, engine: FakeEngine) -> None:
    happen(engine)
    say("digest")
    assert say("digest", "--json").document["acts"] == []
    assert len(say("digest", "--since", "2013-01-05T18:00", "--json").document["acts"]) == 2
    assert say("digest", "--since", "whenever").code == 2


def test_two_terminals_are_one_person() -> None:
    names = ("ann", "ann@pts/1", "ann@cli", "ann (console)", "ann@pts/1 (console)")
    assert {person_of(name) for name in names} == {"ann"}
    assert person_of("uid 7 (console)") == "uid 7"


def test_slow_tasks_are_told_as_text_and_as_json(say: Say, engine: FakeEngine) -> None:
    happen(engine)
    [slow] = say("digest", "--json").document["slow"]
    assert (slow["task_id"], slow["map_index"], slow["seconds"], slow["p95"]) == ("load", 3, 2472.0, 254.0)
    shown = say("digest", "--since", "12h").out
    assert "load[3] has been running for 41m 12s: 95 % of its runs take 4m 14s at most" in shown
