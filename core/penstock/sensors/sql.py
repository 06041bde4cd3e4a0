"""SqlSensor: the first value of a query decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock.authoring.exceptions import FailException
from penstock.authoring.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.context import Context
    from penstock.authoring.sensor import SensorArgs


class SqlSensor(Sensor):
    """Waits until the first cell of the first row of *sql* is true (not 0, '0', '', or NULL).

    *selector* picks another value from the row. *failure* and *success* are functions of that value: if
    failure is true the task fails; success decides instead of truth. *fail_on_empty* fails if there is no
    row.
    """

    template_fields: Sequence[str] = ("sql", "parameters", "conn_id")
    template_ext: Sequence[str] = (".sql",)

    def __init__(
        self,
        *,
        conn_id: Any,
        sql: Any,
        parameters: Any = None,
        success: Callable[[Any], Any] | None = None,
        failure: Callable[[Any], Any] | None = None,
        selector: Callable[[Any], Any] | None = None,
        fail_on_empty: bool = False,
        task_id: str,
        **sensor: Unpack[SensorArgs],
    ) -> None:
        super().__init__(task_id=task_id, **sensor)
        self.conn_id = conn_id
        self.sql = sql
        self.parameters = parameters
        self.success = success
        self.failure = failure
        self.selector = selector
        self.fail_on_empty = fail_on_empty

    def poke(self, context: Context) -> bool:  # noqa: ARG002 - the signature of all pokes
        """Ask the database once.

        Raises `FailException` if *failure* is true, or for no rows with *fail_on_empty*.
        """
        from penstock.task_process.databases import run_sql

        result = run_sql(self.conn_id, [self.sql], self.parameters)
        rows = result[-1].rows if result else []
        if not rows:
            if self.fail_on_empty:
                raise FailException("the query returned no rows")
            return False
        value = self.selector(rows[0]) if self.selector else rows[0][0]
        if self.failure is not None and self.failure(value):
            raise FailException(f"failure is true for {value!r}")
        if self.success is not None:
            return bool(self.success(value))
        return str(value) not in {"0", "", "None", "False"}
