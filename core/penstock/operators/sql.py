"""SQLExecuteQueryOperator: runs statements in a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock.authoring.operator import Operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.arguments import TaskArgs
    from penstock.authoring.context import Context


class SQLExecuteQueryOperator(Operator):
    """Runs *sql* (a string, a list of strings, or the name of a .sql template) in one transaction.

    *conn_id* is the id of a connection, or a URL: ``sqlite:///path``, ``duckdb:///path``. An error
    rolls everything back; with *autocommit* each statement is committed separately. The return value is
    the rows of the last statement (of each, if *sql* is a list or *return_last* is False), or
    what *handler* makes of the cursor.
    """

    template_fields: Sequence[str] = ("sql", "parameters", "conn_id")
    template_ext: Sequence[str] = (".sql",)

    def __init__(
        self,
        *,
        sql: Any,
        conn_id: Any,
        parameters: Any = None,
        autocommit: bool = False,
        split_statements: bool = True,
        return_last: bool = True,
        handler: Callable[[Any], Any] | None = None,
        show_return_value_in_logs: bool = True,
        task_id: str,
        **task: Unpack[TaskArgs],
    ) -> None:
        super().__init__(task_id=task_id, **task)
        self.sql = sql
        self.conn_id = conn_id
        self.parameters = parameters
        self.autocommit = autocommit
        self.split_statements = split_statements
        self.return_last = return_last
        self.handler = handler
        self.show_return_value_in_logs = show_return_value_in_logs

    def execute(self, context: Context) -> Any:  # noqa: ARG002 - the signature of all operators
        """Run the statements and return their rows."""
        from penstock.task_process.databases import run_sql

        several = not isinstance(self.sql, str)
        results = run_sql(
            str(self.conn_id),
            list(self.sql) if several else [self.sql],
            self.parameters,
            autocommit=self.autocommit,
            split=self.split_statements,
            handler=self.handler,
        )
        for result in results:
            print(result.summary(rows=self.show_return_value_in_logs))  # noqa: T201 - to the task's log
        if not self.do_xcom_push or not results:
            return None
        if several or not self.return_last:
            return [result.value for result in results]
        return results[-1].value
