"""Runs one task in its process: renders, executes, and says how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from penstock.authoring import scope
from penstock.authoring.exceptions import FailException, Rescheduled, SkipException, Terminated
from penstock.authoring.triggers import TaskDeferred
from penstock.authoring.xcom_arg import RETURN_VALUE
from penstock.task_process.attempt_files import NoRoomError
from penstock.task_process.hiding import covered
from penstock.task_process.templates import render_fields
from penstock.task_process.xcom_codec import XComError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.abstract_operator import AbstractOperator
    from penstock.authoring.context import Context

REASON_MAX = 500
"""Characters of a reason; the log has the whole."""
_LABEL_MAX = 250


class Ending:
    """How a task ended: the fields of a `Verdict`, the exit code, and the error to explain in the log."""

    def __init__(
        self,
        kind: str = "success",
        reason: str | None = None,
        *,
        next_poke_at: float | None = None,
        trigger: str | None = None,
        resume_by: float | None = None,
        question: dict[str, Any] | None = None,
        skips: Sequence[str] = (),
        assets: Sequence[dict[str, Any]] = (),
        exit_code: int = 0,
        error: BaseException | None = None,
        mapped_length: int | None = None,
        rendered_map_index: str | None = None,
    ) -> None:
        self.kind = kind
        self.reason = reason
        self.next_poke_at = next_poke_at
        self.trigger = trigger
        """In words, of a task that defers; it waits until ``resume_by``, seconds since 1970, at most."""
        self.resume_by = resume_by
        self.question = question
        """What it asks a person, if that is what it waits for."""
        self.skips = skips
        self.assets = assets
        self.exit_code = exit_code
        self.error = error
        self.mapped_length = mapped_length
        self.rendered_map_index = rendered_map_index
        self.retry_delay: float | None = None
        """Seconds until the next try, if a retry policy says so."""


def run_task(task: AbstractOperator, context: Context) -> Ending:
    """Run *task* and return how it ended. Raises only `Terminated`."""
    scope.current().context = context
    ti = context["ti"]
    try:
        ending = _ended(task, context)
        if ending.error is not None:
            # What was pushed before the error stays: others may ask what went wrong.
            with suppress(OSError, NoRoomError):
                ti.write_xcoms()
        if ending.kind not in ("success", "rescheduled", "deferred"):
            # The error matters more than a label that cannot be rendered.
            with suppress(Exception):
                ending.rendered_map_index = rendered_map_index(context)
    finally:
        scope.current().context = None
    ending.skips = ti.skips if ending.kind == "success" else ()
    return ending


def _ended(task: AbstractOperator, context: Context) -> Ending:
    ti = context["ti"]
    try:
        kind = getattr(task, "operator", type(task)) if task.is_mapped else type(task)
        if kind.cannot_run is not None:
            raise FailException(kind.cannot_run)
        if task.is_mapped:
            task = context["task"] = ti.task = task.instance(context)  # type: ignore[attr-defined]  # it is mapped
        fields = render_fields(task, context)
        ti.write_rendered(fields, whole=context.keep_rendered)
        if task.pre_execute is not None:
            task.pre_execute(context)
        value = _work(task, context)
        if task.post_execute is not None:
            task.post_execute(context, value)
        label = rendered_map_index(context)
        length = _push(task, context, value)
        assets = context["outlet_events"].said() if task.outlets else ()
        ti.write_xcoms()
    except SkipException as why:
        return Ending("skipped", reason_of(why, plain=True), error=why)
    except Rescheduled as later:
        return Ending("rescheduled", next_poke_at=later.next_poke_at)
    except TaskDeferred as later:
        return _deferred(task, context, later)
    except FailException as why:
        return failed(why, retry=False)
    except SystemExit as why:
        try:
            ti.write_xcoms()
        except (OSError, NoRoomError) as error:
            return failed(error)
        return _exited(why)
    except Terminated:
        raise
    except BaseException as why:  # noqa: BLE001 - whatever the author's code raises is the task's failure
        return _by_policy(task, context, why)
    return Ending(assets=assets, mapped_length=length, rendered_map_index=label)


def _work(task: AbstractOperator, context: Context) -> Any:
    """Execute *task*, or go on with it if it has deferred."""
    if context.resumes is None and not task.start_from_trigger:
        return task.execute(context)
    from penstock.task_process.deferral import go_on, start_in_trigger

    if context.resumes is None:
        return start_in_trigger(task)
    context["ti"].take_over_xcoms(context.resumes)
    return go_on(task, context, context.resumes)


def _deferred(task: AbstractOperator, context: Context, later: TaskDeferred) -> Ending:
    from penstock.task_process.deferral import put_aside

    try:
        aside = put_aside(later, context)
    except Terminated:
        raise
    except BaseException as why:  # noqa: BLE001 - its serialize() is the author's
        return _by_policy(task, context, why)
    return Ending("deferred", trigger=aside.words, resume_by=aside.until, question=aside.question)


def _by_policy(task: AbstractOperator, context: Context, error: BaseException) -> Ending:
    if task.retry_policy is None:
        return failed(error)
    from penstock.task_process.retry_policy import decide

    again, delay = decide(task, context, error)
    ending = failed(error, retry=again)
    ending.retry_delay = delay
    return ending


def failed(error: BaseException, *, retry: bool = True) -> Ending:
    """Return the ending of a task that raised *error*."""
    kind = "failed" if retry else "fail_without_retry"
    return Ending(kind, reason_of(error), exit_code=1, error=error)


def reason_of(error: BaseException, *, plain: bool = False) -> str | None:
    """Return *error* in one line: type and message, or (*plain*) the message alone if there is one."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # noqa: BLE001 - the author's own __str__ may fail too
        lines = []
    text = covered(lines[0]) if lines else ""
    if plain:
        return text[:REASON_MAX] or None
    return f"{type(error).__name__}: {text}".rstrip(": ")[:REASON_MAX]


def _exited(error: SystemExit) -> Ending:
    if error.code in (None, 0):
        return Ending()
    code = error.code if isinstance(error.code, int) and 0 < error.code < 256 else 1
    return Ending("failed", covered(f"sys.exit({error.code!r})")[:REASON_MAX], exit_code=code, error=error)


def rendered_map_index(context: Context) -> str | None:
    """Return the label of a mapped instance, by its ``map_index_template``, or None."""
    template = context["map_index_template"]
    if template is None or context["ti"].map_index < 0:
        return None
    from penstock.task_process.templates import Renderer

    return covered(str(Renderer(context["task"], context).text(template)))[:_LABEL_MAX]


def _push(task: AbstractOperator, context: Context, value: Any) -> int | None:
    """Keep what the task returned (None is never kept), and return its length if others are mapped over it.

    For one instance that is the number of values that it adds to the task's list: one or none.
    """
    ti = context["ti"]
    kept = value is not None and task.do_xcom_push
    length = None
    if task.feeds_mapping:
        length = int(kept) if ti.map_index >= 0 else _measured(value if kept else None, context)
    if not kept:
        return length
    if task.multiple_outputs:
        if not isinstance(value, dict):
            raise XComError(f"with multiple_outputs a task must return a dict, not {type(value).__name__}")
        for key, item in value.items():
            if not isinstance(key, str):
                raise XComError(f"with multiple_outputs keys must be strings, not {key!r}")
            ti.xcom_push(key, item)
    ti.xcom_push(RETURN_VALUE, value)
    return length


def _measured(value: Any, context: Context) -> int:
    """Return the length of what others are mapped over; refuse a value that has none, or is too long."""
    from penstock.authoring.xcom_sequences import is_mappable

    if value is None:
        raise XComError("the task returned nothing, but another one is mapped over what it returns")
    if not is_mappable(value):
        raise XComError(
            f"the task returned a {type(value).__name__}, but another one is mapped over it: "
            "return a list or a dict"
        )
    length = len(value)
    if length > context.max_map_length:
        raise XComError(
            f"the task returned {length:,} items, more than the {context.max_map_length:,} that others "
            "can be mapped over (max_map_length)"
        )
    return length
