"""XCom as a class: what it can do while a task runs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class XCom:
    """Values of tasks. Inside a task ``ti.xcom_pull`` says the same in fewer words."""

    XCOM_RETURN_KEY = "return_value"

    @classmethod
    def get_one(cls, *, key: str = "return_value", task_id: str | None = None, **where: Any) -> Any:
        """Return what a task pushed, of the run that is running or the one that *where* names."""
        from penstock.task_process.context_keys import get_current_context

        named = {name: where[name] for name in ("dag_id", "run_id", "include_prior_dates") if where.get(name)}
        index = where.get("map_index", -1)
        more = {"map_indexes": index} if index not in {None, -1} else {}
        return get_current_context()["ti"].xcom_pull(task_ids=task_id, key=key, **named, **more)

    get_value = get_one

    @classmethod
    def set(cls, key: str, value: Any, **where: Any) -> None:
        """Push a value for the task that is running."""
        del where
        from penstock.task_process.context_keys import get_current_context

        get_current_context()["ti"].xcom_push(key, value)

    @classmethod
    def get_many(cls, *args: Any, **named: Any) -> Any:
        """Raise RuntimeError: values of many runs are asked for on the command line."""
        del args, named
        raise RuntimeError("XCom.get_many asks Airflow's own database, which does not exist here")

    @staticmethod
    def serialize_value(value: Any, **more: Any) -> Any:
        """Return *value*: a subclass may store it somewhere else."""
        del more
        return value

    @staticmethod
    def deserialize_value(result: Any) -> Any:
        """Return the value."""
        return getattr(result, "value", result)
