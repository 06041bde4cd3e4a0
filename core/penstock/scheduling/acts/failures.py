"""What people say about failures: acknowledged, snoozed, taken back; and that somebody looked."""

from __future__ import annotations

from penstock.clock import from_us, opt_from_us, to_us
from penstock.errors import UsageError
from penstock.model.acts import AcknowledgeFailures, Looked, ReopenFailures, SnoozeFailures
from penstock.model.failures import FailureNote, person_of
from penstock.model.views.plans import Done, Plan, PlanItem
from penstock.scheduling.acts.planned import amount, aware, make_plan
from penstock.scheduling.world.planned import Planned
from penstock.scheduling.world.tick import Tick
from penstock.scheduling.world.world import World
from penstock.store.engine.failure_records import FailureNoteRecord, LookRecord
from penstock.store.engine.failures import Known


def plan_acknowledge(world: World, act: AcknowledgeFailures) -> Planned:
    """Plan to acknowledge failures up to the newest one there is."""
    known = world.reads.failures(act.fingerprint)
    why = ["--why", act.why] if act.why else []
    plan = _plan("ack", f"Acknowledge {amount(known.count, 'failure')}", known, "acknowledged", act.why, why)

    def commit(tick: Tick) -> Done:
        note = FailureNoteRecord(
            known.fingerprint,
            FailureNote.ACKNOWLEDGED,
            tick.gate.actor,
            tick.now_us,
            act.why,
            known.newest,
            None,
        )
        _put(tick, known, note)
        many = amount(known.count, "failure")
        message = f"{known.fingerprint} is acknowledged ({many}); it comes back if it happens again"
        return Done(act=plan.act, message=message, touched=known.count)

    return Planned(plan, commit)


def plan_snooze(world: World, act: SnoozeFailures, now_us: int) -> Planned:
    """Plan to leave failures out of the list for a while."""
    known = world.reads.failures(act.fingerprint)
    until = aware(act.until, "UTC")
    if to_us(until) <= now_us:
        raise UsageError(f"--until {until:%Y-%m-%d %H:%M} UTC is in the past")
    more = ["--until", until.isoformat(), *(["--why", act.why] if act.why else [])]
    after = f"snoozed until {until:%Y-%m-%d %H:%M} UTC"
    plan = _plan("snooze", f"Snooze {amount(known.count, 'failure')}", known, after, act.why, more)

    def commit(tick: Tick) -> Done:
        note = FailureNoteRecord(
            known.fingerprint, FailureNote.SNOOZED, tick.gate.actor, tick.now_us, act.why, 0, to_us(until)
        )
        _put(tick, known, note)
        tick.world.snoozes[known.fingerprint] = to_us(until)
        return Done(act=plan.act, message=f"{known.fingerprint} is {after}", touched=known.count)

    return Planned(plan, commit)


def plan_reopen(world: World, act: ReopenFailures) -> Planned:
    """Plan to take back what was said; where nothing was, it does nothing and says so."""
    known = world.reads.failures(act.fingerprint)
    notes = [] if known.notes else [f"nothing to do: {known.fingerprint} is neither acknowledged nor snoozed"]
    plan = _plan("reopen", f"Reopen {amount(known.count, 'failure')}", known, "open", None, [], notes)

    def commit(tick: Tick) -> Done:
        for note in known.notes:
            tick.gate.drop(note)
        tick.world.snoozes.pop(known.fingerprint, None)
        if notes:
            return Done(act=plan.act, message=notes[0], touched=0)
        tick.gate.note(plan.act, before=", ".join(note.kind for note in known.notes), reason=known.line)
        _show(tick, known)
        return Done(act=plan.act, message=f"{known.fingerprint} is open again", touched=known.count)

    return Planned(plan, commit)


def plan_look(world: World, act: Looked) -> Planned:
    """Plan to remember how far somebody has seen a list, which never goes back."""
    plan = make_plan("looked", f"Remember a look at {act.place}", [], means=act)

    def commit(tick: Tick) -> Done:
        person = person_of(tick.gate.actor)
        newest_event, newest_failure = world.reads.newest()
        failures = newest_failure if act.failures is None else act.failures
        seen = (
            {"failures": act.upto}
            if act.place == "failures"
            else {"digest": act.upto or newest_event, "digest_failures": failures, "failures": failures}
        )
        known = world.reads.looks(person)
        for place, upto in seen.items():
            tick.gate.put(LookRecord(person, place, max(upto, known.get(place, 0)), tick.now_us))
        return Done(act=plan.act, message=f"seen up to {max(seen.values())}", touched=0)

    return Planned(plan, commit, silent=True)


def _plan(
    verb: str,
    title: str,
    known: Known,
    after: str,
    why: str | None,
    more: list[str],
    notes: list[str] | None = None,
) -> Plan:
    before = ", ".join(_said(note) for note in known.notes) or "open"
    dag_id = known.dags[0] if len(known.dags) == 1 else ""
    item = PlanItem(dag_id=dag_id, run_id=None, task_id=None, before=before, after=after, note=known.line)
    return make_plan(
        f"failures_{verb}",
        title,
        [] if notes else [item],
        seen=[known.fingerprint, known.newest],
        notes=[*(notes or []), *([f"why: {why}"] if why else [])],
        cli=["failures", verb, known.fingerprint, *more],
    )


def _said(note: FailureNoteRecord) -> str:
    until = opt_from_us(note.until_us)
    end = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    return f"{note.kind} by {note.by} on {from_us(note.at_us):%Y-%m-%d}{end}"


def _put(tick: Tick, known: Known, note: FailureNoteRecord) -> None:
    tick.gate.put(note)
    tick.gate.note(f"failures_{note.kind}", after=note.fingerprint, reason=note.why)
    _show(tick, known)


def _show(tick: Tick, known: Known) -> None:
    """Let everybody who shows one of the DAGs look again."""
    for dag_id in known.dags:
        tick.gate.touch(dag_id)
