"""Connections and hooks, with the errors and words that files use."""

from __future__ import annotations

from penstock.airflow.served.exceptions import AirflowNotFoundException
from penstock.airflow.served.logs import LoggingMixin
from penstock.task_process.connections import BaseHook, UnknownConnectionError
from penstock.task_process.connections import Connection as Ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Connection(Ours):
    """Our connection, with the methods of Airflow's."""

    @classmethod
    def get_connection_from_secrets(cls, conn_id: str) -> Connection:
        """Return the connection; raise AirflowNotFoundException when there is none."""
        try:
            return cls.get(conn_id)  # type: ignore[return-value]  # made by this class
        except UnknownConnectionError as error:
            raise AirflowNotFoundException(str(error)) from None

    def get_password(self) -> str | None:
        """Return the password."""
        return self.password

    def get_extra(self) -> str | None:
        """Return the extra fields as text."""
        return self.extra

    def get_extra_dejson(self) -> dict[str, Any]:
        """Return the extra fields."""
        return self.extra_dejson

    def as_json(self) -> str:
        """Return the connection as JSON."""
        import json

        names = ("conn_type", "description", "host", "login", "password", "schema", "port", "extra")
        return json.dumps({name: getattr(self, name) for name in names if getattr(self, name) is not None})


class Hook(BaseHook, LoggingMixin):
    """The base of hooks that authors write."""

    def __init__(self, logger_name: str | None = None, **more: Any) -> None:
        del logger_name, more
        super().__init__()

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """Return the connection; raise AirflowNotFoundException when there is none."""
        return Connection.get_connection_from_secrets(conn_id)

    @classmethod
    def get_connections(cls, conn_id: str) -> list[Connection]:
        """Return the connection, in a list."""
        return [cls.get_connection(conn_id)]

    def get_conn(self) -> Any:
        """Raise NotImplementedError: a subclass connects."""
        raise NotImplementedError(f"{type(self).__name__} has no get_conn()")

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return nothing: no form is drawn."""
        return {}
