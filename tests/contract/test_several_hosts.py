"""One port over the engines of several hosts: who is asked, who acts, and what a lost one still shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drive.several import Hosts, hosts
from penstock.errors import EngineNotRunningError, HostLostError, UnknownError, UsageError
from penstock.model import acts
from penstock.model.places import Place, bare, place_of
from penstock.model.queries import RunQuery, Term

PLACES = (Place("prod", production=True, colour="red", word="LIVE"), Place("lab"))


@pytest.fixture
def both() -> Iterator[Hosts]:
    with hosts(PLACES) as found:
        yield found


def test_lists_have_the_rows_of_both(both: Hosts) -> None:
    own = {row.dag_id for row in both.fake("lab").dags()}
    assert {row.dag_id for row in both.engine.dags()} == {
        f"{p}/{dag_id}" for p in ("prod", "lab") for dag_id in own
    }


def test_only_some_dags_may_be_of_several_hosts(both: Hosts) -> None:
    wanted = [f"{place}/{both.fake(place).dags()[0].dag_id}" for place in ("lab", "prod")]
    assert sorted(row.dag_id for row in both.engine.dags(only=wanted)) == wanted


def test_a_question_about_one_goes_to_its_host_alone(both: Hosts) -> None:
    dag_id = next(row.dag_id for row in both.fake("lab").dags() if row.last_run is not None)
    both.fake("prod").calls.clear()
    run = both.engine.runs(f"lab/{dag_id}", limit=1)[0]
    assert run.dag_id == f"lab/{dag_id}"
    detail = both.engine.run(run.dag_id, run.run_id)
    assert detail.run.dag_id == run.dag_id
    attempt = next(task.attempt_id for task in detail.tasks if task.attempt_id)
    assert place_of(attempt) == "lab"
    assert both.engine.read_log(attempt, 0, 100).size == both.fake("lab").read_log(bare(attempt), 0, 100).size
    assert not {"runs", "run", "read_log"} & set(both.fake("prod").calls)


def test_an_act_goes_to_its_host_alone_and_once(both: Hosts) -> None:
    dag_id = both.fake("lab").dags()[0].dag_id
    act = acts.Trigger(dag_id=f"lab/{dag_id}")
    plan = both.engine.plan(act)
    assert plan.cli.startswith("penstock --host lab ")
    for _ in range(2):  # asked again with the same id, as after a lost answer
        done = both.engine.commit(act, expect=plan.fingerprint, actor="ada", act_id="one")
        assert done.message.startswith("lab: ")
    assert both.fake("lab").acts == [acts.Trigger(dag_id=dag_id)]
    assert both.fake("prod").acts == []


def test_an_act_on_all_is_done_on_each_as_it_was_shown(both: Hosts) -> None:
    act = acts.PauseAll(why="move")
    plan = both.engine.plan(act)
    assert {place_of(item.dag_id) for item in plan.items} == {"prod", "lab"}
    both.engine.commit(act, expect=plan.fingerprint, actor="ada", act_id="one")
    assert both.fake("prod").acts == both.fake("lab").acts == [act]


def test_names_without_a_host_are_not_guessed(both: Hosts) -> None:
    dag_id = both.fake("lab").dags()[0].dag_id
    with pytest.raises(UnknownError, match="begins with one, such as prod/"):
        both.engine.dag(dag_id)
    with pytest.raises(UsageError, match="on which host"):
        both.engine.plan(acts.Trigger(dag_id=dag_id))


def test_pages_of_runs_and_failures_are_of_both(both: Hosts) -> None:
    one = both.fake("lab").find_runs(RunQuery(limit=5))
    page = both.engine.find_runs(RunQuery(limit=6))
    assert page.total == 2 * one.total
    assert {place_of(run.dag_id) for run in page.runs} == {"prod", "lab"}
    host = (Term(field="dag", values=("lab/",)),)
    assert {place_of(run.dag_id) for run in both.engine.find_runs(RunQuery(terms=host)).runs} == {"lab"}
    groups = both.engine.failures().failures
    assert {place_of(group.fingerprint) for group in groups} == {"prod", "lab"}
    ack = acts.AcknowledgeFailures(fingerprint=groups[0].fingerprint)
    both.engine.commit(ack, act_id="two")
    host_of_it = place_of(groups[0].fingerprint)
    assert both.fake(host_of_it).acts == [acts.AcknowledgeFailures(fingerprint=bare(groups[0].fingerprint))]


def test_a_look_is_remembered_on_each_by_its_own_numbers(both: Hosts) -> None:
    page = both.engine.failures(person="ada")
    newest = {name: both.fake(name).failures(person="ada").newest for name in ("prod", "lab")}
    both.engine.commit(acts.Looked(place="failures", upto=page.newest), actor="ada", act_id="three")
    for name, upto in newest.items():
        look = [each.act for each in both.fake(name).committed if isinstance(each.act, acts.Looked)]
        assert look == [acts.Looked(place="failures", upto=upto)]


def test_sums_of_what_runs(both: Hosts) -> None:
    one, all_ = both.fake("lab").status(), both.engine.status()
    assert (all_.running, all_.failures, all_.dags) == (2 * one.running, 2 * one.failures, 2 * one.dags)
    assert all_.home == "2 hosts"
    assert len(both.engine.live().attempts) == 2 * len(both.fake("lab").live().attempts)


def test_one_host_alone(both: Hosts) -> None:
    with pytest.raises(UsageError, match="one host at a time"):
        both.engine.system()
    both.several.focus = "lab"
    assert {place_of(row.dag_id) for row in both.engine.dags()} == {"lab"}
    assert both.engine.system().pools[0].name.startswith("lab/")
    assert [row.name for row in both.engine.hosts()] == ["prod", "lab"]


def test_a_lost_host_keeps_its_rows_and_refuses_acts(both: Hosts) -> None:
    dags = both.engine.dags()
    dag_id = next(row.dag_id for row in dags if place_of(row.dag_id) == "prod")
    both.lines["prod"].cut()
    both.until("prod", "lost")
    assert [row.dag_id for row in both.engine.dags()] == [row.dag_id for row in dags]
    row = both.engine.hosts()[0]
    assert row.production
    assert row.reason is not None
    assert "cannot be reached" in row.reason
    assert row.since is not None
    with pytest.raises(HostLostError, match="prod cannot be asked now"):
        both.engine.commit(acts.Trigger(dag_id=dag_id), act_id="four")
    with pytest.raises(HostLostError):
        both.engine.plan(acts.PauseAll())
    assert both.engine.status().home == "2 hosts, 1 lost"
    both.lines["prod"].mend()
    both.until("prod", "live")
    both.engine.commit(acts.Trigger(dag_id=dag_id), act_id="four")
    assert both.fake("prod").acts == [acts.Trigger(dag_id=bare(dag_id))]


def test_changes_of_both_arrive_with_their_host(both: Hosts) -> None:
    changes = both.engine.changes(heartbeat=0.05)
    assert next(changes).all
    both.fake("lab").notify(("etl", "r1"))
    seen = next(change for change in changes if change.runs)
    assert seen.runs == (("lab/etl", "r1"),)
    both.lines["prod"].cut()
    assert next(change for change in changes if change.all).all
    both.several.close()
    with pytest.raises(EngineNotRunningError):
        for _ in changes:
            pass
