"""What was done, in words: one line that counts it, and a line for each thing with its DAG. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model import acts
from penstock.model.acts import AnyAct, act_name
from penstock.model.views.plans import Done

_ENDS = {
    "pause": "paused",
    "unpause": "resumed",
    "freeze": "frozen",
    "unfreeze": "no longer frozen",
    "hold": "held",
    "release": "released",
    "cancel": "cancelled",
    "run_next": "run next",
    "run_now": "run now",
    "run_in_turn": "wait in turn again",
    "trigger": "triggered",
    "clear": "run again",
    "retry": "run again",
    "backfill_pause": "paused",
    "backfill_resume": "resumed",
    "backfill_cancel": "cancelled",
    "failures_ack": "acknowledged",
    "failures_snooze": "snoozed",
    "failures_reopen": "open again",
}
"""How the line about several acts of one kind ends."""
_AROUND = ".,:;()'\""
"""What may stand beside a name in a message."""


def done_text(done: Sequence[tuple[AnyAct, Done]]) -> str:
    """Return what was done: how many of what in the first line, and if there are several, each below it."""
    if len(done) == 1:
        return _each(*done[0])
    return "\n".join([_summary(done), *(f"  {_each(act, answer)}" for act, answer in done)])


def _each(act: AnyAct, done: Done) -> str:
    dag_id = _of(act, "dag_id")
    words = {word.strip(_AROUND) for word in done.message.split()}
    return done.message if not dag_id or dag_id in words else f"{dag_id}: {done.message}"


def _summary(done: Sequence[tuple[AnyAct, Done]]) -> str:
    first = done[0][0]
    told = [act for act, answer in done if answer.touched]
    idle = len(done) - len(told)
    if len({act_name(act) for act, _ in done}) > 1:
        return f"{_many(len(done), 'act')}: done" + (f"; nothing was left to do for {idle}" if idle else "")
    end = f"marked {first.state}" if isinstance(first, acts.Mark) else _ENDS.get(act_name(first), "done")
    count = _count([(act, answer) for act, answer in done if answer.touched] or done)
    left = f"; nothing was left to do for {idle}" if idle and told else ""
    return f"{count}: {end}{left}" if told else f"{count}: nothing was left to do"


def _count(done: Sequence[tuple[AnyAct, Done]]) -> str:
    """Return how many of what: ``5 tasks of 2 runs in 2 DAGs``."""
    dags = {name for act, _ in done if (name := _of(act, "dag_id"))}
    runs = {(_of(act, "dag_id"), name) for act, _ in done if (name := _of(act, "run_id"))}
    first = done[0][0]
    if isinstance(first, acts.Clear | acts.Retry | acts.Mark):
        text = _many(sum(answer.touched for _, answer in done), "task")
    elif _of(first, "task_id"):
        text = _many(len(done), "task")
    elif _of(first, "run_id") and not isinstance(first, acts.Trigger):
        return _many(len(done), "run") + _in(dags)
    elif _of(first, "backfill_id"):
        return _many(len(done), "backfill")
    elif _of(first, "fingerprint"):
        return _many(len(done), "cause")
    else:
        return _many(len(done), "DAG")
    return text + (f" of {_many(len(runs), 'run')}" if len(runs) > 1 else "") + _in(dags)


def _of(act: AnyAct, name: str) -> str:
    return str(getattr(act, name, None) or "")


def _in(dags: set[str]) -> str:
    return f" in {_many(len(dags), 'DAG')}" if len(dags) > 1 else f" of {next(iter(dags))}" if dags else ""


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
