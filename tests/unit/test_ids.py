"""Which names are allowed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import BadIdError
from penstock.ids import check_attempt_id, check_id, make_run_id, new_attempt_id

GOOD = ["a", "A9", "_private", "load.flights", "x-y", "a.b-c_d", "0", "a" * 250]
BAD = [
    "",
    ".hidden",
    "-flag",
    "a..b",
    "a/b",
    "a b",
    "ä",
    "a\n",
    "a" * 251,
    "../etc",
    "a\x1b[2J",
    "a:b",
    "a+b",
    "②",
]


@pytest.mark.parametrize("text", GOOD)
def test_allowed(text: str) -> None:
    assert check_id(text, "task_id") == text
    assert check_id(text, "run_id") == text


@pytest.mark.parametrize("text", BAD)
def test_refused_with_the_kind_and_the_rule(text: str) -> None:
    with pytest.raises(BadIdError, match="dag_id") as caught:
        check_id(text, "dag_id")
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize("value", [None, 3, b"a", ["a"]])
def test_only_text_is_an_id(value: object) -> None:
    with pytest.raises(BadIdError, match="must be a string"):
        check_id(value, "dag_id")


def test_run_ids_may_hold_a_moment() -> None:
    run_id = make_run_id("scheduled", datetime(2026, 1, 5, 6, tzinfo=UTC))
    assert run_id == "scheduled__2026-01-05T06:00:00+00:00"
    assert check_id(run_id, "run_id") == run_id
    with pytest.raises(BadIdError):
        check_id(run_id, "task_id")


@given(st.text())
def test_what_passes_is_a_harmless_file_name(text: str) -> None:
    try:
        check_id(text, "run_id")
    except BadIdError:
        return
    assert re.fullmatch(r"[A-Za-z0-9_.:+-]{1,250}", text)
    assert text[0] not in ".-"
    assert ".." not in text


def test_attempt_ids_are_new_each_time_and_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = {new_attempt_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(check_attempt_id(text) == text for text in ids)
    moments = iter([10**18, 2 * 10**18])
    monkeypatch.setattr("penstock.ids.time.time_ns", lambda: next(moments))
    assert new_attempt_id() < new_attempt_id()


@pytest.mark.parametrize(
    "text", ["", "0" * 21, "0" * 12 + "-" + "G" * 8, "../" + "0" * 18, "0" * 12 + "-" + "0" * 9]
)
def test_malformed_attempt_ids_are_refused(text: str) -> None:
    with pytest.raises(BadIdError):
        check_attempt_id(text)
