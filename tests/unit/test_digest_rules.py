"""What events mean to somebody who was away, as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from penstock.model.digest import KINDS, late_by, of_person, tell, usual_end, without_pauses
from penstock.model.views.digest import brief
from penstock.model.views.events import EventRow

THEN = datetime(2026, 3, 1, tzinfo=UTC)


def event(seq: int, kind: str, **fields: object) -> EventRow:
    given = {"actor": "engine", "dag_id": "d", **fields}
    return EventRow(seq=seq, at=THEN + timedelta(minutes=seq), kind=kind, **given)  # type: ignore[arg-type]


def act(seq: int, name: str, title: str, actor: str = "ann", **fields: object) -> EventRow:
    return event(seq, f"act_{name}", reason=title, actor=actor, **fields)


@pytest.mark.parametrize(
    ("acts", "undone"),
    [
        ([act(1, "clear", "Clear 3")], [None]),
        ([act(1, "clear", "Clear 3"), act(2, "undo", "Undo: Clear 3", "bob")], ["bob", None]),
        # The newest of the same name is undone first, then the one before it.
        (
            [act(1, "clear", "Clear 3"), act(2, "clear", "Clear 3"), act(3, "undo", "Undo: Clear 3", "bob")],
            [None, "bob", None],
        ),
        (
            [
                act(1, "clear", "Clear 3"),
                act(2, "clear", "Clear 3"),
                act(3, "undo", "Undo: Clear 3", "bob"),
                act(4, "undo", "Undo: Clear 3", "cid"),
            ],
            ["cid", "bob", None, None],
        ),
        ([act(1, "clear", "Clear 3"), act(2, "undo", "Undo: Clear 3", dag_id="e")], [None, None]),
        ([act(2, "undo", "Undo: Clear 3")], [None]),  # what it undid was told before
    ],
)
def test_which_acts_were_undone(acts: list[EventRow], undone: list[str | None]) -> None:
    assert [each.undone for each in tell(acts).acts] == undone


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("pause_schedule", {}, ("schedule", False)),
        ("pause_freeze", {}, ("freeze", False)),
        ("pause_run", {"run_id": "r"}, ("run", False)),
        ("pause_task", {"run_id": "r", "task_id": "t"}, ("task", False)),
        ("unpause", {}, ("schedule", True)),
        ("unfreeze", {}, ("freeze", True)),
        ("release", {"run_id": "r"}, ("run", True)),
        ("release", {"run_id": "r", "task_id": "t"}, ("task", True)),
        ("pause_lifted", {"before": "freeze"}, ("freeze", True)),
        ("pause_lifted", {"before": "task", "run_id": "r", "task_id": "t"}, ("task", True)),
    ],
)
def test_pauses(kind: str, fields: dict[str, object], told: tuple[str, bool]) -> None:
    [pause] = tell([event(1, kind, **fields)]).pauses
    assert (pause.kind.value, pause.lifted) == told
    assert kind in KINDS
    assert ("Resume" in pause.words() or "Un" in pause.words() or "Release" in pause.words()) is told[1]


def test_the_time_without_an_engine_counts_from_the_last_event_before() -> None:
    told = tell(
        [event(1, "launch"), event(5, "engine_stop"), event(9, "engine_start"), event(20, "engine_start")]
    )
    assert [(start.seconds, start.stopped) for start in told.engine] == [(240.0, True), (660.0, False)]
    [first] = tell([event(1, "engine_start")]).engine
    assert (first.since, first.seconds, first.words()) == (None, 0.0, "started for the first time")


def test_acts_of_pauses_are_told_as_pauses_and_one_of_all_dags_as_an_act_too() -> None:
    acts = tell(
        [act(n, name, name) for n, name in enumerate(("pause", "hold", "unfreeze", "pause_all"))]
    ).acts
    assert [each.act for each in without_pauses(acts)] == ["pause_all"]


def test_what_a_person_did_herself_is_no_news() -> None:
    told = tell(
        [act(1, "clear", "x", "ann@pts/1"), act(2, "clear", "x", "bob"), event(3, "unpause", actor="ann")]
    )
    assert of_person("ann (console)", told.acts, told.pauses) == 2


@pytest.mark.parametrize(
    ("seconds", "took", "late"),
    [
        ([100.0] * 9, 10_000.0, None),  # among so few one is the slowest by chance
        ([100.0] * 10, 10_000.0, 9900.0),
        ([100.0] * 10, 159.0, None),  # a minute is nothing
        ([100.0] * 10, 160.0, 60.0),
        ([100.0] * 19 + [5000.0], 1000.0, 900.0),
        ([100.0] * 18 + [5000.0] * 2, 1000.0, None),
        ([], 1000.0, None),
    ],
)
def test_late_against_the_usual_end(seconds: list[float], took: float, late: float | None) -> None:
    assert late_by(took, usual_end(seconds)) == late


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.6, "1m"), (59, "59s"), (60, "1m"), (754, "12m 34s"), (3600, "1h"), (7500, "2h 5m"),
     (86400, "1d"), (97200, "1d 3h")],
)  # fmt: skip
def test_spans_in_words(seconds: float, text: str) -> None:
    assert brief(seconds) == text
