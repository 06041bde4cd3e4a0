"""A task that defers, and goes on: what it leaves in its attempt's directory, and finds there again."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from typing import NamedTuple

from penstock.attempts.files import DEFERRAL, FIRED, MAX_RECORD_BYTES, dump_fields, read
from penstock.authoring.checks import seconds
from penstock.authoring.exceptions import SkipException, TaskError
from penstock.authoring.question import HOME, Question
from penstock.authoring.triggers import FAIL, NamedTrigger, TaskDeferred
from penstock.task_process.xcom_codec import XComError, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.authoring.context import Context

MOST_ASKED_BYTES = 64 << 10
"""Bytes of the largest question to a person, as JSON."""
_LONGEST_NAME = 200


class Aside(NamedTuple):
    """What a task waits for: in words, until when (seconds since 1970 UTC), and the question to a person."""

    words: str
    until: float | None
    question: dict[str, Any] | None = None


def put_aside(why: TaskDeferred, context: Context) -> Aside:
    """Write down what the task waits for and how it goes on; return it. Without an end it waits for ever.

    Raises `TaskError` if the trigger cannot be made again, or the task has no such method.
    """
    ti = context["ti"]
    if not callable(getattr(context["task"], why.method_name, None)):
        raise TaskError(f"{type(context['task']).__name__} has no method {why.method_name!r} to go on with")
    name, kwargs = _made_of(why)
    fields = {
        "class": name,
        "kwargs": _plain(kwargs, f"the arguments of trigger {name}"),
        "method": why.method_name,
        "method_kwargs": _plain(dict(why.kwargs or {}), "kwargs of defer()"),
        "path": [each for each in sys.path if each],
        "who": {
            "dag_id": ti.dag_id,
            "run_id": ti.run_id,
            "task_id": ti.task_id,
            "map_index": ti.map_index,
            "try_number": ti.try_number,
        },
    }
    size = len(dump_fields(fields))
    if size > MAX_RECORD_BYTES:
        raise TaskError(f"trigger {name} and what the task goes on with make {size:,} bytes: too large")
    asked = None
    if isinstance(why.trigger, Question):
        from penstock.task_process.hiding import hidden

        asked = hidden.cover_all(why.trigger.asked())
        try:
            size = len(dump_fields({"question": asked}))
        except (TypeError, ValueError) as error:
            raise TaskError(f"params of a question must be JSON: {error}") from None
        if size > MOST_ASKED_BYTES:
            raise TaskError(
                f"the question has {size:,} bytes, more than {MOST_ASKED_BYTES:,}: shorten its body"
            )
    ti.write_xcoms()
    ti.write_deferral(fields)
    until = None if why.timeout is None else time.time() + seconds(why.timeout, "timeout")
    words = _in_words(name, kwargs) if asked is None else f"an answer: {asked['subject']}"[:_LONGEST_NAME]
    print(f"deferred: waiting for {words}")  # noqa: T201 - to the task's log
    return Aside(words, until, asked)


def start_in_trigger(task: AbstractOperator) -> None:
    """Raise `TaskDeferred` for a task that begins with a trigger."""
    start: Any = getattr(task, "start_trigger_args", None)
    if start is None:
        raise TaskError("start_from_trigger needs start_trigger_args")
    raise TaskDeferred(
        trigger=NamedTrigger(start.trigger_cls, dict(start.trigger_kwargs or {})),
        method_name=start.next_method,
        kwargs=start.next_kwargs,
        timeout=start.timeout,
    )


def go_on(task: AbstractOperator, context: Context, folder: str) -> Any:
    """Call the method with which *task* goes on after what it left in *folder*; return its result.

    Raises what the method raises. Without an event the method is Airflow's `FAIL`, which raises
    `TaskDeferralTimeout` or `TaskDeferralError`.
    """
    try:
        left = read(f"{folder}/{DEFERRAL}")
    except (OSError, ValueError) as error:
        raise TaskError(f"what the task deferred with cannot be read: {error}") from None
    try:
        fired = read(f"{folder}/{FIRED}")
    except FileNotFoundError:
        fired = {}
        if left["class"] == HOME:
            return _answered(task, left, context)
    except (OSError, ValueError) as error:
        raise TaskError(f"what trigger {left['class']} reported cannot be read: {error}") from None
    for line in fired.get("log") or ():
        print(line)  # noqa: T201 - to the task's log
    for key, value in (fired.get("xcoms") or {}).items():
        context["ti"].xcom_push(key, decode(value))
    if fired.get("end"):
        return _end(left["class"], fired["end"])
    kwargs = decode(left["method_kwargs"])
    if "event" in fired:
        print(f"trigger {left['class']} has fired: going on with {left['method']}()")  # noqa: T201
        return task.resume_execution(left["method"], {**kwargs, "event": decode(fired["event"])}, context)
    failed = fired.get("error")
    name = left["class"]
    why = f"trigger {name} failed: {failed}" if failed else f"trigger {name} did not fire in time"
    return task.resume_execution(FAIL, {**kwargs, "error": why, "timed_out": not failed}, context)


def _answered(task: AbstractOperator, left: dict[str, Any], context: Context) -> Any:
    """Go on with what a person said, or with that nobody did in time."""
    reply = context.reply
    event: dict[str, Any]
    if reply is None:
        print("nobody has answered in time")  # noqa: T201 - to the task's log
        event = {"error": "nobody has answered in time", "error_type": "timeout"}
    else:
        by = reply.get("by")
        print(f"answered {', '.join(reply['chosen'])} {f'by {by}' if by else 'by default'}")  # noqa: T201
        event = {
            "chosen_options": list(reply["chosen"]),
            "params_input": dict(reply.get("params") or {}),
            "responded_at": dt.datetime.fromisoformat(reply["at"]),
            "responded_by_user": {"id": by, "name": by} if by else None,
            "timedout": by is None,
        }
    return task.resume_execution(left["method"], {**decode(left["method_kwargs"]), "event": event}, context)


def _end(name: str, end: str) -> None:
    print(f"trigger {name} ends the task: {end}")  # noqa: T201 - to the task's log
    if end == "skipped":
        raise SkipException(f"trigger {name} says so")
    if end != "success":
        raise TaskError(f"trigger {name} says that the task has failed")


def _made_of(why: TaskDeferred) -> tuple[str, dict[str, Any]]:
    found = why.trigger.serialize()
    match found:
        case (str(name), dict(kwargs)) if "." in name:
            return name, kwargs
    raise TaskError(
        f"serialize() of {type(why.trigger).__name__} must return 'module.Class' and a dict, not {found!r}"
    )


def _plain(value: Any, what: str) -> Any:
    try:
        return json.loads(encode(value))
    except XComError as error:
        raise TaskError(f"{what} cannot be kept: {error}") from None


def _in_words(name: str, kwargs: dict[str, Any]) -> str:
    """Return a trigger for people: its class, and its plain arguments that are likely to say which it is."""
    from penstock.task_process.hiding import covered

    said = [f"{key}={value}" for key, value in kwargs.items() if _says_which(key, value)]
    text = f"{name.rpartition('.')[2]}({', '.join(said)})" if said else name.rpartition(".")[2]
    return covered(text)[:_LONGEST_NAME]


def _says_which(key: str, value: Any) -> bool:
    if isinstance(value, bool) or key.endswith("_interval"):
        return False
    return isinstance(value, str | int | dt.date) and value != ""
