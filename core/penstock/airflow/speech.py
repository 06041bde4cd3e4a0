"""What the words of a file mean that was written for Airflow: arguments, attributes, keys of the context."""

from __future__ import annotations

from penstock.airflow.dates_of_2 import DATES_OF_2
from penstock.authoring.abstract_operator import own_arguments
from penstock.authoring.dialect import Dialect
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.node import Graph, Task

_RENAMED = {
    "task_concurrency": "max_active_tis_per_dag",
    "execution_date": "logical_date",
    "xcom_push": "do_xcom_push",
    "timetable": "schedule",
}
"""Old word of a task -> ours, where the class takes ours."""
_WITHOUT_MEANING = {
    "provide_context": None,
    "adhoc": None,
    "has_task_instance": None,
    "start_from_trigger": "the task looks once by itself, and then leaves the waiting to its trigger",
    "trigger_kwargs": "the trigger gets the arguments of the task",
    "end_from_trigger": "the task ends in a process of its own",
    "poll_interval": "use poke_interval",
    "deferrable": "this task waits in its own process",
    "retry_exit_code": None,
    "run_after": "a triggered run starts at once",
    "index_urls_from_connection_ids": "write the addresses as index_urls",
    "python_version_constraint": None,
}
"""Words that change nothing here, with what to say about them, if anything."""
_TRUE = {"true": True, "false": False}
_SWITCHES = frozenset({"depends_on_past", "wait_for_downstream", "do_xcom_push", "multiple_outputs"})


NAMES_OF_3 = frozenset({"test_mode", "expanded_ti_count", "task_state_store", "asset_state_store"})
NAMES_OF_2 = (
    NAMES_OF_3 | DATES_OF_2 | {"conf", "triggering_dataset_events", "END_DATE", "end_date", "latest_date"}
)


class Speech(Dialect):
    """One dialect, of one file."""

    def __init__(self, word: str, because: str, source: bytes = b"", *, clear: bool = True) -> None:
        self.word = word
        self.because = because
        self.clear = clear
        """Whether a word that only this dialect knows decided it."""
        self._source = source
        self.names = NAMES_OF_2 if word == "2" else NAMES_OF_3

    @property
    def old(self) -> bool:
        """Whether values pass as in 2.x."""
        return self.word == "2"

    def arguments(self, kind: type, given: dict[str, Any], dag: Graph | None) -> dict[str, Any]:
        """Return *given* in our words; the dates of a task are those of its DAG, if that has none."""
        own = own_arguments(kind)
        found: dict[str, Any] = {}
        for name, value in given.items():
            if name in own:
                found[name] = value
            elif name in _WITHOUT_MEANING:
                if _WITHOUT_MEANING[name] and value and dag is not None:
                    dag.warn(f"argument {name} is ignored: {_WITHOUT_MEANING[name]}")
            elif name == "executor" and _of_airflow(value):
                if dag is not None:
                    dag.warn(f"argument executor is ignored: {value} is one of Airflow's")
            elif name == "start_date":
                _lend_start(dag, value)
            elif name != "end_date":
                found[_RENAMED.get(name, name)] = _value(name, value)
        if "weight_rule" in found:
            _weigh(found, dag)
        if isinstance(given.get("default_args"), dict):
            found["default_args"] = self.default_args(given["default_args"])
        return found

    def default_args(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return default arguments in our words; a class takes what it knows of them."""
        found = {}
        for name, value in given.items():
            if _WITHOUT_MEANING.get(name, "") is not None and not (name == "executor" and _of_airflow(value)):
                found[_RENAMED.get(name, name)] = _value(name, value)
        if "weight_rule" in found:
            _weigh(found, None)
        return found

    def attribute(self, task: Task, name: str, value: Any) -> tuple[str, Any] | None:
        """Return the attribute that *name* means."""
        if name in _RENAMED and hasattr(task, _RENAMED[name]):
            return _RENAMED[name], value
        return (f"_{name}", value) if name in _WITHOUT_MEANING else None

    def add_to_context(self, keys: dict[str, Any]) -> None:
        """Add what 2.x has: the dates around a run, under their old names."""
        from penstock.airflow.served.context import add_all, add_old

        add_all(keys)
        if self.old:
            add_old(keys, self._source)


def _of_airflow(executor: Any) -> bool:
    """Whether an executor is one of Airflow's classes, by name or path, and none of an instance here."""
    return isinstance(executor, str) and (executor.endswith("Executor") or "." in executor)


def _value(name: str, value: Any) -> Any:
    """Return a value in one of the forms that ours has."""
    if name in _SWITCHES:
        if value is None:
            return name == "do_xcom_push"
        if isinstance(value, int):
            return bool(value)
        if isinstance(value, str) and value.lower() in _TRUE:
            return _TRUE[value.lower()]
    if name == "owner" and value is not None and not isinstance(value, str):
        return str(value)
    if (
        name in {"pool_slots", "priority_weight", "retries"}
        and isinstance(value, float)
        and value.is_integer()
    ):
        return int(value)
    return value


def _lend_start(dag: Any, value: Any) -> None:
    """Let a DAG without a start_date begin with the first of its tasks, as 2.x has it."""
    from penstock.airflow.served.dag import moment_of

    if dag is None or value is None:
        return
    start = moment_of(value, "start_date")
    if start is None or getattr(dag, "own_start", True):
        return
    present = dag.start_date
    if present is None or ((present.tzinfo is not None) == (start.tzinfo is not None) and start < present):
        dag.start_date = start


def _weigh(given: dict[str, Any], dag: Graph | None) -> None:
    """Replace a weight rule of the author's own by the weight that it gives.

    Raises `DagFileError`, with its name, when it gives none.
    """
    rule = given["weight_rule"]
    if rule is None:
        given["weight_rule"] = "downstream"
    if rule is None or (isinstance(rule, str) and "." not in rule):
        return
    from penstock.airflow.served.priority import name_of, weight_by

    known = name_of(rule)
    if known is not None:
        given["weight_rule"] = known
        return
    try:
        weight = weight_by(rule, given)
    except Exception as error:  # noqa: BLE001 - it is the author's class
        refuse(f"weight_rule {rule!r} gives no weight while the file loads: {type(error).__name__}: {error}")
    given["weight_rule"], given["priority_weight"] = "absolute", weight
    if dag is not None:
        dag.warn(f"weight_rule {type(rule).__name__} was asked once, while the file loaded: {weight}")
