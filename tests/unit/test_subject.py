"""What an exception is about, and what is said of it."""

from __future__ import annotations

import errno
import sqlite3

import pytest

from penstock.errors import RefusedError, StoreError
from penstock.ids import check_id
from penstock.model.subject import about_dag, about_row, about_run, blame, reason_of, subject_of
from penstock.store.checked import checked, json_object
from penstock.store.query import Table
from penstock.store.sql.columns import TABLES
from penstock.store.trouble import of_the_machine

POOL = TABLES["pool"]
PAUSE = TABLES["pause"]


def test_the_innermost_subject_counts() -> None:
    with pytest.raises(KeyError) as found, about_dag("d"), about_run("d", "r"):
        raise KeyError("x")
    subject = subject_of(found.value)
    assert subject is not None
    assert (subject.kind, subject.id, subject.dag_id, subject.run_id) == ("run", "d/r", "d", "r")
    blame(found.value, about_row("pool", "p"))
    assert repr(subject_of(found.value)) == "row pool:p"


def test_a_cause_says_it_too_and_nobody_says_nothing() -> None:
    error = ValueError("outer")
    with pytest.raises(KeyError) as inner, about_dag("d"):
        raise KeyError("x")
    error.__cause__ = inner.value
    assert repr(subject_of(error)) == "dag d"
    assert subject_of(ValueError()) is None
    assert subject_of(None) is None


def test_a_reason_has_type_words_and_place_on_one_line() -> None:
    with pytest.raises(Exception, match="not allowed") as found:
        check_id("a b", "pool")
    assert reason_of(found.value).endswith(")")
    assert "(ids.py:" in reason_of(found.value)
    assert reason_of(ZeroDivisionError()) == "ZeroDivisionError"
    assert reason_of(KeyError("a")) == "KeyError: 'a'"
    assert reason_of(RefusedError("no\nway")) == "no way"
    assert reason_of(ValueError("\ud800" + "x" * 1000)).startswith("ValueError: ?xxx")
    assert len(reason_of(ValueError("x" * 1000))) == 500


@pytest.mark.parametrize(
    ("error", "machine"),
    [
        (StoreError("locked"), True),
        (MemoryError(), True),
        (OSError(errno.ENOSPC, "full"), True),
        (OSError(errno.EMFILE, "files"), True),
        (sqlite3.OperationalError("locked"), True),
        (OSError(errno.EACCES, "denied"), False),
        (FileNotFoundError(), False),
        (sqlite3.IntegrityError("unique"), False),
        (KeyError(), False),
        (RefusedError(), False),
    ],
)
def test_trouble_of_the_machine_is_told_from_the_rest(error: Exception, machine: bool) -> None:
    assert of_the_machine(error) is machine


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        (POOL, {"slots": "x"}, "pool.slots is 'x'"),
        (POOL, {"slots": 1.5}, "pool.slots is 1.5"),
        (POOL, {"slots": None}, "pool.slots is None"),
        (POOL, {"name": b"x"}, "pool.name contains bytes, not text: x"),
        (POOL, {"description": 3}, "pool.description is 3"),
        (PAUSE, {"until_us": "soon"}, "pause.until_us is 'soon'"),
        (PAUSE, {"until_us": 1 << 62}, f"pause.until_us is {1 << 62}"),
        (PAUSE, {"since_us": -(1 << 62)}, f"pause.since_us is -{1 << 62}"),
        (PAUSE, {"by": None}, "pause.by is None"),
    ],
)
def test_a_row_that_does_not_fit_its_columns_is_named(
    table: Table, row: dict[str, object], said: str
) -> None:
    good: dict[str, object] = {"name": "p", "slots": 1, "description": None, "include_deferred": False}
    if table is PAUSE:
        good = dict.fromkeys(("kind", "dag_id", "run_id", "task_id", "by"), "x")
        good |= {"since_us": 0, "why": None, "until_us": None}
    check = checked(table, list(good))
    assert check(list(good.values())) == tuple(good.values())
    with pytest.raises(ValueError, match=r"(is|contains) ") as found:
        check(list((good | row).values()))
    assert str(found.value).startswith(said)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"x"'])
def test_json_that_is_no_object_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"run\.conf"):
        json_object("run", "conf", text)
