"""What a backfill does with a point, by what stands there and what was asked for."""

from __future__ import annotations

import pytest

from penstock.model.backfills import Choice, Reprocess
from penstock.model.states import RunState
from penstock.scheduling.world.backfill_rules import choose, point_state

R = RunState

TABLE = {
    # state of the run        none       failed     completed
    None: ("create", "create", "create"),
    R.QUEUED: ("in_flight", "in_flight", "in_flight"),
    R.RUNNING: ("in_flight", "in_flight", "in_flight"),
    R.SUCCESS: ("kept", "kept", "rerun"),
    R.FAILED: ("kept", "rerun", "rerun"),
    R.CANCELLED: ("kept", "rerun", "rerun"),
}


@pytest.mark.parametrize("state", TABLE)
def test_the_choice_for_each_state_and_wish(state: RunState | None) -> None:
    assert tuple(choose(state, wish) for wish in Reprocess) == TABLE[state]


def test_the_table_knows_every_state() -> None:
    assert set(TABLE) == {None, *RunState}


def test_only_what_is_created_or_rerun_waits() -> None:
    assert point_state(Choice.CREATE) == ("waiting", None)
    assert point_state(Choice.RERUN) == ("waiting", "rerun")
    for choice, state in ((Choice.KEPT, "kept"), (Choice.IN_FLIGHT, "skipped")):
        found, reason = point_state(choice)
        assert found == state
        assert reason
