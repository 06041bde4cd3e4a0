"""The arguments that every task takes: their names, types and checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from penstock.authoring.checks import (
    callbacks,
    identifier,
    limit,
    mapping,
    multiplier,
    near,
    one_of,
    optional_callable,
    optional_seconds,
    optional_text,
    optional_truth,
    positive,
    seconds,
    shown,
    signed,
    truth,
    whole,
)
from penstock.authoring.place import refuse
from penstock.authoring.placed import CHECKS as PLACED

TASK_CALLBACKS = ("execute", "success", "failure", "retry", "skipped")
"""The events of a task that call callbacks."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, NoReturn, TypedDict

    from penstock.authoring.node import Graph, Group
    from penstock.authoring.pools import Pool
    from penstock.model.trigger_rules import TriggerRule

    Duration = timedelta | float
    """A timedelta, or a number of seconds."""

    Callbacks = Callable[..., Any] | list[Callable[..., Any]] | tuple[Callable[..., Any], ...] | None
    """The type of a callback: a function of the context, a notifier, or several."""

    class TaskArgs(TypedDict, total=False):
        """What any operator accepts besides its own arguments. Durations: a timedelta or seconds."""

        dag: Graph | None
        task_group: Group | None
        default_args: dict[str, Any] | None
        owner: str | None
        trigger_rule: TriggerRule | str
        retries: int
        retry_delay: Duration
        retry_exponential_backoff: bool | float
        max_retry_delay: Duration | None
        execution_timeout: Duration | None
        stop_grace: Duration | None
        on_lost: Literal["retry", "fail"]
        pool: str | Pool | None
        pool_slots: int
        executor: str | None
        queue: str | None
        resources: Mapping[str, float] | None
        priority_weight: int
        weight_rule: str
        max_active_tis_per_dag: int | None
        max_active_tis_per_dagrun: int | None
        depends_on_past: bool
        wait_for_downstream: bool
        do_xcom_push: bool
        multiple_outputs: bool
        params: Mapping[str, Any] | None
        secrets: Mapping[str, str] | None
        inlets: Iterable[Any] | Any | None
        outlets: Iterable[Any] | Any | None
        task_display_name: str | None
        doc: str | None
        doc_md: str | None
        log: Literal["captured", "direct"]
        render_template_as_native_obj: bool | None
        pre_execute: Callable[..., Any] | None
        post_execute: Callable[..., Any] | None
        map_index_template: str | None
        retry_policy: Any
        on_execute_callback: Callbacks
        on_success_callback: Callbacks
        on_failure_callback: Callbacks
        on_retry_callback: Callbacks
        on_skipped_callback: Callbacks


def _pool(value: Any, name: str) -> Any:
    from penstock.authoring.pools import Pool

    if value is None:
        return "default_pool"
    return value if isinstance(value, Pool) else identifier("pool")(value, name)


_OLD_RULES = {"none_failed_or_skipped": "none_failed_min_one_success", "dummy": "always"}


def _trigger_rule(value: Any, name: str) -> str:
    if value == "all_success":
        return "all_success"
    from penstock.model.trigger_rules import TriggerRule

    if isinstance(value, str) and value in _OLD_RULES:
        from penstock.authoring import scope

        if scope.current().dialect is not None:
            return _OLD_RULES[value]
        refuse(f"{name} {value!r} is called {_OLD_RULES[value]!r} now")
    return one_of(*TriggerRule)(value, name)


def _secrets(value: Any, name: str) -> dict[str, str]:
    from penstock.values import reference_problem

    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(
        isinstance(key, str) and key.isidentifier() for key in value
    ):
        refuse(f"{name} must be a mapping from environment names to references, not {shown(value)}")
    for key, reference in value.items():
        problem = reference_problem(reference)
        if problem:
            refuse(f"{name}: {key}: {problem}")
    return dict(value)


def _assets(value: Any, name: str) -> tuple[Any, ...]:
    if not value:
        return ()
    from penstock.authoring.assets import checked_assets

    return checked_assets(value, name)


def _policy(value: Any, name: str) -> Any:
    if value is not None and not callable(getattr(value, "evaluate", None)):
        refuse(f"{name} must have a method evaluate(exception, try_number, max_tries), not {shown(value)}")
    return value


CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "owner": optional_text,
    "trigger_rule": _trigger_rule,
    "retries": lambda value, name: 0 if value is None else whole(value, name),
    "retry_delay": seconds,
    "retry_exponential_backoff": multiplier,
    "max_retry_delay": optional_seconds,
    "execution_timeout": optional_seconds,
    "stop_grace": optional_seconds,
    "on_lost": one_of("retry", "fail"),
    "pool": _pool,
    "pool_slots": positive,
    **PLACED,
    "priority_weight": signed,
    "weight_rule": one_of("downstream", "upstream", "absolute"),
    "max_active_tis_per_dag": limit,
    "max_active_tis_per_dagrun": limit,
    "depends_on_past": truth,
    "wait_for_downstream": truth,
    "do_xcom_push": truth,
    "multiple_outputs": lambda value, name: truth(bool(value) if value is None else value, name),
    "params": mapping,
    "secrets": _secrets,
    "inlets": _assets,
    "outlets": _assets,
    "task_display_name": optional_text,
    "doc": optional_text,
    "doc_md": optional_text,
    "log": one_of("captured", "direct"),  # kept as `log_mode`, because subclasses write to `log`
    "render_template_as_native_obj": optional_truth,
    "pre_execute": optional_callable,
    "post_execute": optional_callable,
    "map_index_template": optional_text,
    "retry_policy": _policy,
    **dict.fromkeys([f"on_{event}_callback" for event in TASK_CALLBACKS], callbacks),
}
"""Argument of every task -> the check that converts the author's value or refuses it."""

IGNORED: dict[str, str] = {
    "email": "give SmtpNotifier as a callback: on_failure_callback=SmtpNotifier(to=...)",
    "email_on_failure": "give SmtpNotifier as on_failure_callback",
    "email_on_retry": "give SmtpNotifier as on_retry_callback",
    "executor_config": "no executor here takes it; use executor, queue and resources",
    "run_as_user": "tasks run as the engine's user",
    "sla": "there are no SLA misses",
    "start_date": "only a DAG has a start_date",
    "end_date": "only a DAG has an end_date",
    "doc_json": "use doc or doc_md",
    "doc_yaml": "use doc or doc_md",
    "doc_rst": "use doc or doc_md",
    "logger_name": "a task has one log",
    "allow_nested_operators": "nested operators are not checked",
    "ignore_first_depends_on_past": "the first run is always exempt",
    "wait_for_past_depends_before_skipping": "a skip does not wait",
}
"""Accepted so that a file loads, and named in the DAG's warnings."""

LATER: dict[str, str] = {}
"""Known names of features that do not exist yet: refused by name, never ignored."""

_HINTS: dict[str, str] = {
    "provide_context": "the context arrives by argument name or **kwargs",
    "concurrency": "use max_active_tasks",
    "schedule_interval": "use schedule",
    "timetable": "use schedule",
    "fail_stop": "use fail_fast",
    "default_view": "that view does not exist",
    "orientation": "that view does not exist",
    "execution_date": "use logical_date",
    "task_concurrency": "use max_active_tis_per_dag",
}

_SILENT_WHEN_FALSE = frozenset({"email", "email_on_failure", "email_on_retry"})
_NEVER_WORTH_A_WARNING = frozenset({"allow_nested_operators", "ignore_first_depends_on_past", "logger_name"})


def worth_a_warning(name: str, value: Any) -> bool:
    """Whether the author would notice that ``name=value`` is ignored."""
    if value is None or name in _NEVER_WORTH_A_WARNING:
        return False
    return bool(value) or name not in _SILENT_WHEN_FALSE


def refuse_later(name: str, feature: str) -> NoReturn:
    """Refuse an argument whose feature does not exist yet."""
    refuse(f"{name}: {feature} are not supported yet")


def refuse_unknown(owner: str, names: Iterable[str], known: Iterable[str]) -> NoReturn:
    """Refuse unknown arguments, with the most similar known ones."""
    known = list(known)
    found = [f"{name!r}{hint(name) or near(name, known)}" for name in sorted(names)]
    refuse(f"{owner} does not know the argument{'s' * (len(found) > 1)} {', '.join(found)}")


def hint(name: str) -> str:
    """Return `` (use x)`` for a name of the reference that is different here, or nothing."""
    return f" ({_HINTS[name]})" if name in _HINTS else ""


def states(
    given: Iterable[Any] | None, name: str, kind: Literal["run", "task"], default: list[str]
) -> list[str]:
    """Return the states that argument *name* lists; refuse those that a run (or task) cannot have."""
    if given is None:
        return default
    from penstock.model.states import RunState, TaskState

    known = list(RunState) if kind == "run" else list(TaskState)
    listed = [str(getattr(state, "value", state)) for state in given]
    for state in listed:
        if state not in known:
            refuse(f"{name}: state {state!r} is not known{near(state, known)}")
    return listed
