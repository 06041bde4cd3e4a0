"""``var`` and ``conn`` in templates."""

from __future__ import annotations

from penstock.task_process.variables import Variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.task_process.connections import Connection

_NONE = object()


class Connections:
    """``conn`` in templates."""

    def get(self, conn_id: str, default_conn: Any = _NONE) -> Any:
        """Return the connection, or the default."""
        from penstock.task_process.connections import Connection, UnknownConnectionError

        try:
            return Connection.get(conn_id)
        except UnknownConnectionError:
            if default_conn is _NONE:
                raise
            return default_conn

    def __getattr__(self, conn_id: str) -> Connection:
        if conn_id.startswith("_"):
            raise AttributeError(conn_id)
        from penstock.task_process.connections import Connection

        return Connection.get(conn_id)


class Lookup:
    """``var.value`` and ``var.json`` in templates."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def get(self, key: str, default: Any = _NONE) -> Any:
        """Return the variable, or *default*."""
        fallback = {} if default is _NONE else {"default": default}
        return Variable.get(key, **fallback, deserialize_json=self._as_json)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        return self.get(key)

    __getitem__ = get


class Variables:
    """``var`` in templates."""

    value = Lookup(as_json=False)
    json = Lookup(as_json=True)
