"""Trigger rules, against the table measured on the reference system."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from penstock.model.states import TERMINAL, TaskState
from penstock.model.trigger_rules import ParentCounts, TriggerRule, Verdict, evaluate

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "golden" / "battery.json").read_text())
TABLE: dict[str, dict[str, str]] = GOLDEN["trigger_rules"]["table"]

MEASURED = sorted(set(TriggerRule) - {TriggerRule.ALL_DONE_SETUP_SUCCESS})
LETTERS = {
    "S": TaskState.SUCCESS,
    "F": TaskState.FAILED,
    "K": TaskState.SKIPPED,
    "U": TaskState.UPSTREAM_FAILED,
}
STATES = {Verdict.GO: "success", Verdict.SKIP: "skipped", Verdict.BLOCK: "upstream_failed"}


def test_the_table_has_every_rule_and_every_set() -> None:
    assert TABLE.keys() == set(MEASURED)
    sets = {"".join(some) for size in range(5) for some in itertools.combinations("SFKU", size)}
    for row in TABLE.values():
        assert {"" if name == "none" else name for name in row} == sets


@pytest.mark.parametrize("rule", MEASURED)
def test_as_measured(rule: TriggerRule) -> None:
    told = {
        name: STATES[evaluate(rule, ParentCounts.of([LETTERS[one] for one in name if name != "none"]))]
        for name in TABLE[rule]
    }
    assert told == TABLE[rule]


@pytest.mark.parametrize("rule", list(TriggerRule))
def test_an_early_answer_is_what_the_rest_cannot_change(rule: TriggerRule) -> None:
    # The measured early answers that later parents would have changed, had they been waited for.
    hasty = {TriggerRule.ALL_SUCCESS, TriggerRule.NONE_SKIPPED, TriggerRule.ALL_DONE_MIN_ONE_SUCCESS}
    for known in itertools.combinations_with_replacement(LETTERS.values(), 2):
        early = evaluate(rule, ParentCounts.of([*known, TaskState.RUNNING]))
        if early is Verdict.WAIT or rule in hasty:
            continue
        ends = {evaluate(rule, ParentCounts.of([*known, last])) for last in LETTERS.values()}
        if rule in {
            TriggerRule.ONE_FAILED,
            TriggerRule.ONE_SUCCESS,
            TriggerRule.ONE_DONE,
            TriggerRule.ALWAYS,
        }:
            assert early is Verdict.GO
        assert ends == {early}, (rule, known)


@pytest.mark.parametrize("rule", list(TriggerRule))
def test_nobody_waits_once_all_have_ended(rule: TriggerRule) -> None:
    for size in range(4):
        for ended in itertools.combinations_with_replacement(sorted(TERMINAL), size):
            assert evaluate(rule, ParentCounts.of(ended)) is not Verdict.WAIT


def test_cancelled_parents_count_as_failed_and_removed_ones_as_skipped() -> None:
    for ours, theirs in ((TaskState.CANCELLED, TaskState.FAILED), (TaskState.REMOVED, TaskState.SKIPPED)):
        for rule in TriggerRule:
            assert evaluate(rule, ParentCounts.of([ours])) is evaluate(rule, ParentCounts.of([theirs]))


def test_counts_follow_a_parent_that_is_run_again() -> None:
    counts = ParentCounts.of([TaskState.FAILED, TaskState.SUCCESS])
    assert evaluate(TriggerRule.ALL_SUCCESS, counts) is Verdict.BLOCK
    counts.add(TaskState.FAILED, by=-1)
    assert evaluate(TriggerRule.ALL_SUCCESS, counts) is Verdict.WAIT
    counts.add(TaskState.SUCCESS)
    assert evaluate(TriggerRule.ALL_SUCCESS, counts) is Verdict.GO


@pytest.mark.parametrize(
    ("setups", "verdict"),
    [
        ("", Verdict.GO),
        ("S", Verdict.GO),
        ("SF", Verdict.GO),
        ("SK", Verdict.GO),
        ("SU", Verdict.GO),
        ("F", Verdict.BLOCK),
        ("FK", Verdict.BLOCK),
        ("U", Verdict.BLOCK),
        ("K", Verdict.SKIP),
        ("KK", Verdict.SKIP),
    ],
)
def test_a_teardown_goes_where_something_was_set_up(setups: str, verdict: Verdict) -> None:
    states = [LETTERS[one] for one in setups]
    for work in LETTERS.values():
        told = evaluate(
            TriggerRule.ALL_DONE_SETUP_SUCCESS, ParentCounts.of([*states, work]), ParentCounts.of(states)
        )
        assert told is verdict
        unfinished = ParentCounts.of([*states, work, TaskState.RUNNING])
        waiting = evaluate(TriggerRule.ALL_DONE_SETUP_SUCCESS, unfinished, ParentCounts.of(states))
        assert waiting is Verdict.WAIT


@pytest.mark.parametrize("rule", [rule for rule in MEASURED if rule is not TriggerRule.ALWAYS])
def test_no_rule_goes_without_its_setups(rule: TriggerRule) -> None:
    for states in itertools.combinations_with_replacement(LETTERS.values(), 2):
        parents = ParentCounts.of(states)
        alone = evaluate(rule, parents)
        assert evaluate(rule, parents, ParentCounts.of([TaskState.SUCCESS])) is alone
        assert (
            evaluate(rule, parents, ParentCounts.of([TaskState.FAILED, TaskState.SKIPPED])) is Verdict.BLOCK
        )
        assert evaluate(rule, parents, ParentCounts.of([TaskState.SKIPPED])) is Verdict.SKIP
        running = evaluate(rule, parents, ParentCounts.of([TaskState.RUNNING]))
        assert running is (Verdict.WAIT if alone is Verdict.GO else alone)
