"""`penstock failures`: the list, its JSON, and what is said about failures."""

from __future__ import annotations

from drive.commands import Say
from fakes.engine import FakeEngine
from penstock.model import acts


def test_failures_are_grouped_and_name_every_task(say: Say, engine: FakeEngine) -> None:
    groups = say("failures", "--json").document["failures"]
    assert sum(group["count"] for group in groups) == engine.status().failures
    assert {"fingerprint", "line", "count", "first", "last", "new", "acknowledged", "tasks"} <= set(groups[0])
    wanted = {"dag_id", "run_id", "task_id", "map_index", "try_number"}
    assert all(wanted <= set(task) for group in groups for task in group["tasks"])
    assert all(len(group["tasks"]) == group["count"] for group in groups)
    assert groups[0]["new"] is True
    assert groups[0]["acknowledged"] is None


def test_reading_as_a_person_counts_as_a_look_and_as_a_program_does_not(say: Say, engine: FakeEngine) -> None:
    say("failures", "--json")
    assert not engine.world.looks
    answer = say("failures")
    assert answer.code == 0
    assert "* " in answer.out
    assert "orders_daily" in answer.out
    assert len(engine.world.looks) == 1


def test_acknowledged_and_snoozed_failures_are_told_apart(say: Say, engine: FakeEngine) -> None:
    name = say("failures", "--json").document["failures"][0]["fingerprint"]
    assert say("failures", "ack", name, "--why", "known").code == 0
    assert engine.acts[-1] == acts.AcknowledgeFailures(fingerprint=name, why="known")
    assert name not in say("failures", "--json").out
    all_of_them = say("failures", "--all", "--json").document["failures"]
    [group] = [each for each in all_of_them if each["fingerprint"] == name]
    assert group["acknowledged"]["why"] == "known"
    assert "acknowledged by" in say("failures", "--all").out
    assert say("failures", "reopen", name).code == 0
    assert say("failures", "snooze", name, "--until", "2h", "--json").document["act"] == "failures_snooze"
    assert name not in say("failures", "--json").out


def test_wrong_use_is_said(say: Say) -> None:
    assert say("failures", "snooze", "abc").code == 2
    assert say("failures", "--since", "whenever").code == 2
    assert say("failures", "--all", "ack", "abc").code == 2
    assert say("failures", "--since", "0m").code == 0
