"""Trigger rules: the states of the direct parents decide whether a task goes, waits, skips or is blocked.

The rules are those of Airflow 3, as measured there: an answer that cannot change any more is given at
once, whatever the other parents still do. A rule uses only `ParentCounts`, so a scheduler may keep the
counts up to date instead of visiting every parent. Tasks that need setups (`model.setups`) also wait
for those, whatever their rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from penstock.model.states import TERMINAL, TaskState


class TriggerRule(StrEnum):
    """The rules, over direct parents."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_SKIPPED = "all_skipped"
    ONE_FAILED = "one_failed"
    ONE_SUCCESS = "one_success"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    NONE_SKIPPED = "none_skipped"
    ALWAYS = "always"
    ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"
    """The rule of a teardown: all parents have ended, and at least one of its setups succeeded."""


class Verdict(StrEnum):
    """The answer of a rule."""

    GO = "go"
    WAIT = "wait"
    SKIP = "skip"
    BLOCK = "block"
    """upstream_failed: it can never run."""


@dataclass(slots=True)
class ParentCounts:
    """How many direct parents there are, and how many of them ended in which way.

    ``cancelled`` parents count as failed and ``removed`` ones as skipped, so that every parent
    that has ended is in one of the four.
    """

    total: int = 0
    success: int = 0
    failed: int = 0
    skipped: int = 0
    upstream_failed: int = 0

    @property
    def done(self) -> int:
        """Parents that have ended."""
        return self.success + self.failed + self.skipped + self.upstream_failed

    def add(self, state: TaskState, by: int = 1) -> None:
        """Count a parent that entered (or with ``by=-1`` left) terminal *state*; others are ignored."""
        match state:
            case TaskState.SUCCESS:
                self.success += by
            case TaskState.FAILED | TaskState.CANCELLED:
                self.failed += by
            case TaskState.SKIPPED | TaskState.REMOVED:
                self.skipped += by
            case TaskState.UPSTREAM_FAILED:
                self.upstream_failed += by
            case _:
                pass

    def __add__(self, other: ParentCounts) -> ParentCounts:
        """Return the counts of both."""
        return ParentCounts(
            self.total + other.total,
            self.success + other.success,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.upstream_failed + other.upstream_failed,
        )

    @classmethod
    def of(cls, states: Iterable[TaskState]) -> ParentCounts:
        """Return the counts of parents in *states*."""
        counts = cls()
        for state in states:
            counts.total += 1
            if state in TERMINAL:
                counts.add(state)
        return counts


def evaluate(rule: TriggerRule, counts: ParentCounts, setups: ParentCounts | None = None) -> Verdict:
    """Return the answer of *rule* over direct parents counted in *counts*.

    *setups* counts the setups that the task needs: for a teardown its own, otherwise all that have to
    succeed before anything between them and their teardowns may run. A task without parents always
    runs. ``wait`` is returned only while a parent or setup is unfinished.
    """
    if counts.total == 0 or rule is TriggerRule.ALWAYS:
        return Verdict.GO
    if rule is TriggerRule.ALL_DONE_SETUP_SUCCESS:
        return _teardown(counts, setups)
    verdict = _over_parents(rule, counts)
    if setups is None or setups.total == 0:
        return verdict
    if setups.failed or setups.upstream_failed:
        return Verdict.BLOCK
    if setups.skipped:
        return Verdict.SKIP
    return Verdict.WAIT if verdict is Verdict.GO and setups.done < setups.total else verdict


def _teardown(counts: ParentCounts, setups: ParentCounts | None) -> Verdict:
    """Tear down if one setup succeeded, even if another failed; if none succeeded, nothing was made."""
    if counts.done < counts.total:
        return Verdict.WAIT
    if setups is None or setups.total == 0 or setups.success:
        return Verdict.GO
    return Verdict.SKIP if setups.skipped == setups.total else Verdict.BLOCK


def _over_parents(rule: TriggerRule, counts: ParentCounts) -> Verdict:
    verdict = _at_once(rule, counts)
    if verdict is not None:
        return verdict
    return Verdict.WAIT if counts.done < counts.total else _at_the_end(rule, counts)


def _at_once(rule: TriggerRule, counts: ParentCounts) -> Verdict | None:
    """Answers that need not wait for the rest."""
    failed, blocked, skipped = counts.failed, counts.upstream_failed, counts.skipped
    match rule:
        case TriggerRule.ALL_SUCCESS:
            # As measured: a skipped parent outweighs a blocked one, a failed parent outweighs both.
            if failed:
                return Verdict.BLOCK
            if skipped:
                return Verdict.SKIP
            return Verdict.BLOCK if blocked else None
        case TriggerRule.ALL_FAILED:
            return Verdict.SKIP if counts.success or skipped else None
        case TriggerRule.ALL_SKIPPED:
            return Verdict.SKIP if counts.success or failed or blocked else None
        case TriggerRule.ONE_FAILED:
            return Verdict.GO if failed or blocked else None
        case TriggerRule.ONE_SUCCESS:
            return Verdict.GO if counts.success else None
        case TriggerRule.ONE_DONE:
            return Verdict.GO if counts.success or failed else None
        case TriggerRule.NONE_FAILED | TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS:
            return Verdict.BLOCK if failed or blocked else None
        case TriggerRule.NONE_SKIPPED | TriggerRule.ALL_DONE_MIN_ONE_SUCCESS:
            return Verdict.SKIP if skipped else None
        case _:
            return None


def _at_the_end(rule: TriggerRule, counts: ParentCounts) -> Verdict:
    """Answers once every parent has ended, if there was no earlier answer."""
    match rule:
        case TriggerRule.ONE_FAILED | TriggerRule.ONE_DONE:
            return Verdict.SKIP
        case TriggerRule.ONE_SUCCESS:
            return Verdict.BLOCK if counts.failed or counts.upstream_failed else Verdict.SKIP
        case TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS:
            return Verdict.GO if counts.success else Verdict.SKIP
        case TriggerRule.ALL_DONE_MIN_ONE_SUCCESS:
            return Verdict.GO if counts.success else Verdict.BLOCK
        case _:
            return Verdict.GO
