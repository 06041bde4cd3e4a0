"""Small vocabularies: each value has a name, a look and what may follow it; on the wire it is a string."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from penstock.errors import IllegalMoveError
from penstock.model.backfills import (
    BACKFILL_POINTS,
    BACKFILLS,
    CANARIES,
    CHOICES,
    REPROCESSES,
    BackfillPointState,
    BackfillState,
    Canary,
    Reprocess,
)
from penstock.model.callbacks import CALLBACKS, CallbackState
from penstock.model.pauses import PAUSES, PauseKind
from penstock.model.points import POINTS
from penstock.model.subject import SUBJECTS, SubjectKind
from penstock.model.views.backfills import BackfillPoint, BackfillRow
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.vocabulary import Term, Vocabulary
from penstock.store.engine.records import BackfillPointRecord, BackfillRecord, CallbackRecord
from penstock_tui.view.state_style import Looks

ALL: list[Vocabulary[Any]] = [
    BACKFILLS,
    BACKFILL_POINTS,
    CANARIES,
    CALLBACKS,
    CHOICES,
    POINTS,
    REPROCESSES,
    SUBJECTS,
]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

MAY: dict[str, dict[str, str]] = {
    "backfill": {
        "running": "paused success failed cancelled",
        "paused": "running success failed cancelled",
        "success": "",
        "failed": "",
        "cancelled": "",
    },
    "point of a backfill": {
        "waiting": "running kept skipped cancelled",
        "running": "success failed skipped cancelled",
        "success": "running",
        "failed": "running",
        "cancelled": "running",
        "kept": "",
        "skipped": "",
    },
    "canary": {"waiting": "passed failed", "passed": "", "failed": ""},
    "callback": {"waiting": "running failed", "running": "waiting done failed", "done": "", "failed": ""},
    "choice": dict.fromkeys(("create", "rerun", "kept", "in_flight"), ""),
    "reprocess behavior": dict.fromkeys(("none", "failed", "completed"), ""),
    "schedule point": {
        "ran": "ran_late backfilled",
        "ran_late": "ran backfilled",
        "skipped": "ran ran_late backfilled",
        "backfilled": "",
        "waiting": "ran ran_late skipped backfilled",
        "upcoming": "waiting ran ran_late backfilled",
    },
    "subject": dict.fromkeys(("run", "dag", "order", "row"), ""),
}
"""What may follow what, written down a second time."""


@pytest.mark.parametrize("words", ALL, ids=lambda words: words.noun)
def test_every_value_has_a_name_a_look_and_what_may_follow(words: Vocabulary[Any]) -> None:
    assert {str(value) for value in words.kind} == set(MAY[words.noun])
    for value in words.kind:
        term = words[value]
        assert term.name
        assert len(term.look.glyph) == len(term.look.letter) == 1
        assert term.look.letter.isascii()
        assert term.look.style
        assert {str(after) for after in term.becomes} == set(MAY[words.noun][value].split())
        assert (value in words.final) is not bool(MAY[words.noun][value])


@pytest.mark.parametrize("words", ALL, ids=lambda words: words.noun)
def test_nothing_else_may_follow(words: Vocabulary[Any]) -> None:
    for before in words.kind:
        for after in words.kind:
            if after is before or after in words[before].becomes:
                assert words.become(before, after) is after
            else:
                with pytest.raises(IllegalMoveError, match=f"a {words.noun} that is {before} cannot"):
                    words.become(before, after)


def test_a_value_without_a_term_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="every value has a term"):
        Vocabulary(Canary, "canary", {Canary.WAITING: Term("waits", CANARIES[Canary.WAITING].look)})


def test_a_pause_of_each_kind_has_its_words() -> None:
    assert {kind.value: (term.pause, term.lift, term.name) for kind, term in PAUSES.items()} == {
        "schedule": ("pause", "unpause", "paused"),
        "freeze": ("freeze", "unfreeze", "frozen"),
        "run": ("hold", "release", "held"),
        "task": ("hold", "release", "held"),
        "before": ("breakpoint_set", "breakpoint_clear", "stops before"),
        "after": ("breakpoint_set", "breakpoint_clear", "stops after"),
    }
    assert all(term.pause_verb and term.lift_verb and term.without for term in PAUSES.values())


def test_the_console_draws_what_the_tables_say() -> None:
    looks, plain = Looks(), Looks(ascii=True)
    for words in ALL:
        for value in words.kind:
            assert looks.cell(value) == (words[value].look.glyph, words[value].look.style)
            assert plain.glyph(value) == words[value].look.letter
    assert looks.worded(CallbackState.DONE) == ("\u2713 success", "green")
    assert [plain.glyph(kind) for kind in PauseKind] == ["P", "Z", "H", "H", "B", "B"]
    assert looks.glyph(SubjectKind.RUN) == "!"
    assert looks.look("no such state").word == ""


def test_views_say_the_same_words_as_ever() -> None:
    point = BackfillPoint(logical_date=NOW, state=BackfillPointState.KEPT)
    row = BackfillRow(
        backfill_id=1, dag_id="d", from_date=NOW, to_date=NOW, reprocess=Reprocess.NONE, max_active_runs=1,
        backwards=False, state=BackfillState.PAUSED, created=NOW, by="ada", canary=Canary.PASSED,
        points=(point,),
    )  # fmt: skip
    said = msgspec.json.decode(msgspec.json.encode(row))
    assert (said["state"], said["canary"], said["slots"][0]["state"]) == ("paused", "passed", "kept")
    assert msgspec.json.decode(msgspec.json.encode(row), type=BackfillRow) == row
    call = CallbackRow(
        id=1, dag_id="d", run_id="r", task_id=None, map_index=-1, kind="run_success",
        state=CallbackState.DONE, created=NOW,
    )  # fmt: skip
    assert b'"state":"done"' in msgspec.json.encode(call)
    lost = QuarantineRow(kind=SubjectKind.ORDER, id="order:x", dag_id=None, reason="why", since=NOW)
    assert b'"kind":"order"' in msgspec.json.encode(lost)
    assert msgspec.json.decode(msgspec.json.encode(lost), type=QuarantineRow) == lost


def test_a_record_takes_on_no_state_that_may_not_follow() -> None:
    backfill = BackfillRecord(
        1,
        "d",
        0,
        1,
        Reprocess.NONE,
        2,
        backwards=False,
        conf="{}",
        state=BackfillState.PAUSED,
        by="ada",
        created_us=0,
    )
    backfill.become(BackfillState.RUNNING)
    backfill.become(BackfillState.SUCCESS)
    with pytest.raises(IllegalMoveError, match="a backfill that is success cannot become running"):
        backfill.become(BackfillState.RUNNING)
    assert backfill.state is BackfillState.SUCCESS
    point = BackfillPointRecord(1, 1, 0, 0, 0, 0, 0, BackfillPointState.KEPT)
    with pytest.raises(IllegalMoveError, match="that is kept cannot become running"):
        point.become(BackfillPointState.RUNNING)
    call = CallbackRecord(1, 1, None, -1, "run_success", "{}", 0)
    with pytest.raises(IllegalMoveError, match="a callback that is waiting cannot become done"):
        call.become(CallbackState.DONE)
    call.become(CallbackState.RUNNING)
    call.become(CallbackState.DONE)
    with pytest.raises(IllegalMoveError, match="a callback that is done cannot become waiting"):
        call.become(CallbackState.WAITING)
