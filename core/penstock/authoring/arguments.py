"""The arguments that every task takes: their names, their types, and how they are checked.

What a person writes (a timedelta, ``"3"``, True) becomes what the spec holds (seconds, 3, 2.0)
here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from penstock.authoring.place import refuse

TASK_CALLBACKS = ("execute", "success", "failure", "retry", "skipped")
"""What a task tells of."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, NoReturn, TypedDict

    from penstock.authoring.dag import DAG
    from penstock.authoring.group import TaskGroup
    from penstock.authoring.pools import Pool
    from penstock.model.trigger_rules import TriggerRule

    Duration = timedelta | float
    """A timedelta, or a number of seconds."""

    Callbacks = Callable[..., Any] | list[Callable[..., Any]] | tuple[Callable[..., Any], ...] | None
    """What to call with the context: a function, a notifier, or several."""

    class TaskArgs(TypedDict, total=False):
        """What any operator accepts besides its own arguments. Durations: a timedelta or seconds."""

        dag: DAG | None
        task_group: TaskGroup | None
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
        on_execute_callback: Callbacks
        on_success_callback: Callbacks
        on_failure_callback: Callbacks
        on_retry_callback: Callbacks
        on_skipped_callback: Callbacks


def seconds(value: Any, name: str) -> float:
    """Return a duration in seconds."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        refuse(f"{name} must be a timedelta or a number of seconds, 0 or more, not {value!r}")
    return float(value)


def optional_seconds(value: Any, name: str) -> float | None:
    """Return a duration in seconds, or None."""
    return None if value is None else seconds(value, name)


def whole(value: Any, name: str) -> int:
    """Return a whole number, 0 or more; digits in a text will do."""
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        refuse(f"{name} must be a whole number, 0 or more, not {value!r}")
    return value


def positive(value: Any, name: str) -> int:
    """Return a whole number, 1 or more."""
    number = whole(value, name)
    if number < 1:
        refuse(f"{name} must be 1 or more")
    return number


def limit(value: Any, name: str) -> int | None:
    """Return a whole number, 1 or more, or None for no limit."""
    return None if value is None else positive(value, name)


def truth(value: Any, name: str) -> bool:
    """Return True or False; nothing else will do."""
    if not isinstance(value, bool):
        refuse(f"{name} must be True or False, not {value!r}")
    return value


def moment(value: Any, name: str) -> datetime | None:
    """Return a datetime (naive or aware) or None."""
    if value is not None and not isinstance(value, datetime):
        refuse(f"{name} must be a datetime, not {type(value).__name__} {value!r}")
    return value


def _weight(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(f"{name} must be a whole number, not {value!r}")
    return value


def _backoff(value: Any, name: str) -> float:
    if isinstance(value, bool):
        return 2.0 if value else 0.0
    if not isinstance(value, int | float) or value < 0:
        refuse(f"{name} must be True, False or a multiplier, not {value!r}")
    return float(value)


def _text(value: Any, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        refuse(f"{name} must be text, not {value!r}")
    return value


def _pool(value: Any, name: str) -> Any:
    from penstock.authoring.pools import Pool

    if value is None:
        return "default_pool"
    return value if isinstance(value, Pool) else _text(value, name)


def _callable(value: Any, name: str) -> Any:
    if value is not None and not callable(value):
        refuse(f"{name} must be something to call, not {value!r}")
    return value


def callbacks(value: Any, name: str) -> tuple[Callable[..., Any], ...]:
    """Return what to call, one or several, as a tuple; notifiers are called too."""
    found = () if value is None else tuple(value) if isinstance(value, list | tuple) else (value,)
    for one in found:
        if not callable(one):
            refuse(f"{name} must be something to call, a notifier or a list of them, not {one!r}")
    return found


def one_of(*allowed: str) -> Callable[[Any, str], str]:
    """Return a check that lets only these texts pass."""

    def check(value: Any, name: str) -> str:
        text = str(getattr(value, "value", value))
        if text not in allowed:
            refuse(f"{name} {text!r} is not known{near(text, allowed)}; known: {', '.join(allowed)}")
        return text

    return check


def _trigger_rule(value: Any, name: str) -> str:
    if value == "all_success":
        return "all_success"
    from penstock.model.trigger_rules import TriggerRule

    return one_of(*TriggerRule)(value, name)


def _secrets(value: Any, name: str) -> dict[str, str]:
    from penstock.values import reference_problem

    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(
        isinstance(key, str) and key.isidentifier() for key in value
    ):
        refuse(f"{name} must be a mapping from environment names to references, not {value!r}")
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


def _params(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        refuse(f"{name} must be a mapping from names to defaults or Params, not {value!r}")
    return dict(value)


CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "owner": _text,
    "trigger_rule": _trigger_rule,
    "retries": lambda value, name: 0 if value is None else whole(value, name),
    "retry_delay": seconds,
    "retry_exponential_backoff": _backoff,
    "max_retry_delay": optional_seconds,
    "execution_timeout": optional_seconds,
    "stop_grace": optional_seconds,
    "on_lost": one_of("retry", "fail"),
    "pool": _pool,
    "pool_slots": positive,
    "priority_weight": _weight,
    "weight_rule": one_of("downstream", "upstream", "absolute"),
    "max_active_tis_per_dag": limit,
    "max_active_tis_per_dagrun": limit,
    "depends_on_past": truth,
    "wait_for_downstream": truth,
    "do_xcom_push": truth,
    "multiple_outputs": lambda value, name: truth(bool(value) if value is None else value, name),
    "params": _params,
    "secrets": _secrets,
    "inlets": _assets,
    "outlets": _assets,
    "task_display_name": _text,
    "doc": _text,
    "doc_md": _text,
    "log": one_of("captured", "direct"),
    "render_template_as_native_obj": lambda value, name: None if value is None else truth(value, name),
    "pre_execute": _callable,
    "post_execute": _callable,
    "map_index_template": _text,
    **dict.fromkeys([f"on_{event}_callback" for event in TASK_CALLBACKS], callbacks),
}
"""Attribute name -> what turns the author's value into ours or refuses it."""

IGNORED: dict[str, str] = {
    "email": "there is no e-mail yet",
    "email_on_failure": "there is no e-mail yet",
    "email_on_retry": "there is no e-mail yet",
    "queue": "there are no queues; use a pool",
    "executor": "there is one executor",
    "executor_config": "there is one executor",
    "resources": "resources are not reserved",
    "run_as_user": "tasks run as the engine's user",
    "sla": "there are no SLA misses",
    "start_date": "only a DAG has a start_date",
    "end_date": "only a DAG has an end_date",
    "doc_json": "use doc or doc_md",
    "doc_yaml": "use doc or doc_md",
    "doc_rst": "use doc or doc_md",
    "logger_name": "a task has one log",
    "allow_nested_operators": "nesting is not watched",
    "ignore_first_depends_on_past": "the first run is always exempt",
    "wait_for_past_depends_before_skipping": "a skip does not wait",
}
"""Accepted so that a file loads, and named in the DAG's warnings."""

LATER: dict[str, str] = {
    "retry_policy": "retry policies",
}
"""Known words for what does not exist yet: refused by name, never swallowed."""

_HINTS: dict[str, str] = {
    "provide_context": "the context arrives by argument name or **kwargs",
    "concurrency": "say max_active_tasks",
    "schedule_interval": "say schedule",
    "timetable": "say schedule",
    "fail_stop": "say fail_fast",
    "default_view": "there is no such view",
    "orientation": "there is no such view",
    "execution_date": "say logical_date",
    "task_concurrency": "say max_active_tis_per_dag",
}

_SILENT_WHEN_FALSE = frozenset({"email", "email_on_failure", "email_on_retry"})
_NEVER_WORTH_A_WARNING = frozenset({"allow_nested_operators", "ignore_first_depends_on_past", "logger_name"})


def worth_a_warning(name: str, value: Any) -> bool:
    """Whether ignoring ``name=value`` changes anything the author could notice."""
    if value is None or name in _NEVER_WORTH_A_WARNING:
        return False
    return bool(value) or name not in _SILENT_WHEN_FALSE


def refuse_later(name: str, feature: str) -> NoReturn:
    """Refuse an argument whose feature does not exist yet."""
    refuse(f"{name}: {feature} are not supported yet")


def refuse_unknown(owner: str, names: Iterable[str], known: Iterable[str]) -> NoReturn:
    """Refuse arguments nobody knows, with the nearest known ones."""
    known = list(known)
    told = [f"{name!r}{_hint(name) or near(name, known)}" for name in sorted(names)]
    refuse(f"{owner} does not know the argument{'s' * (len(told) > 1)} {', '.join(told)}")


def _hint(name: str) -> str:
    return f" ({_HINTS[name]})" if name in _HINTS else ""


def states(
    given: Iterable[Any] | None, name: str, kind: Literal["run", "task"], default: list[str]
) -> list[str]:
    """Return the states that argument *name* lists, refusing those that no run (or task) can be in."""
    if given is None:
        return default
    from penstock.model.states import RunState, TaskState

    known = list(RunState) if kind == "run" else list(TaskState)
    listed = [str(getattr(state, "value", state)) for state in given]
    for state in listed:
        if state not in known:
            refuse(f"{name}: state {state!r} is not known{near(state, known)}")
    return listed


def near(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest known name, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(name, [str(one) for one in known], n=1, cutoff=0.6)
    return f" (did you mean {found[0]!r}?)" if found else ""
