"""Connections and hooks, with the errors and words that files use."""

from __future__ import annotations

from penstock.airflow.served.exceptions import AirflowException, AirflowNotFoundException
from penstock.airflow.served.logs import LoggingMixin
from penstock.task_process.connections import BaseHook, UnknownConnectionError
from penstock.task_process.connections import Connection as Ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Connection(Ours):
    """Our connection, with the methods of Airflow's."""

    EXTRA_KEY = "__extra__"

    @classmethod
    def get_connection_from_secrets(cls, conn_id: str) -> Connection:
        """Return the connection; raise AirflowNotFoundException when there is none."""
        try:
            return cls.get(conn_id)  # type: ignore[return-value]  # made by this class
        except UnknownConnectionError as error:
            raise AirflowNotFoundException(str(error)) from None

    def get_uri(self) -> str:
        """Return the connection as a URL, as Airflow writes it: without a slash where nothing follows."""
        from urllib.parse import parse_qsl, quote, urlencode

        protocol, there, rest = (self.host or "").partition("://")
        host, before = (rest, f"{protocol}://") if there else (self.host or "", "")
        schema = self.schema
        if self.conn_type == "sqlite" and not host and (schema or "").startswith("/"):
            host, schema = schema or "", None  # the file, as our own URLs have it
        user = quote(self.login or "", safe="")
        if self.password is not None:
            user += f":{quote(self.password, safe='')}"
        place = quote(host, safe="")
        if self.port:
            place += f":{self.port}" if place or user else f"@:{self.port}"
        if schema:
            place += f"/{quote(schema, safe='')}"
        url = (
            f"{(self.conn_type or '').lower().replace('_', '-')}://{before}{user}{'@' if user else ''}{place}"
        )
        extra = self.extra_dejson
        if not extra:
            return url
        query = urlencode(extra)
        if dict(parse_qsl(query, keep_blank_values=True)) != extra:
            query = urlencode({"__extra__": self.extra})
        return f"{url}{'?' if place else '/?'}{query}"

    def get_hook(self, *, hook_params: dict[str, Any] | None = None) -> Any:
        """Return the hook of an installed provider package for this type of connection.

        Raises AirflowException when no package has one.
        """
        from penstock.airflow.served.provider_list import Providers

        known = Providers().hooks
        kind = (self.conn_type or "").replace("-", "_")
        found = known.get("postgres" if kind == "postgresql" else kind)
        if found is None:
            raise AirflowException(
                f"connection {self.conn_id!r} is of type {self.conn_type!r}, and no provider package that is "
                f"installed has a hook for it; known are: {', '.join(sorted(known)) or 'none'}"
            )
        return found.hook_class(**{found.connection_id_attribute_name: self.conn_id}, **(hook_params or {}))

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
    async def aget_connection(cls, conn_id: str) -> Connection:
        """Return the connection, where a coroutine asks."""
        return cls.get_connection(conn_id)

    @classmethod
    def get_hook(cls, conn_id: str, hook_params: dict[str, Any] | None = None) -> Any:
        """Return the hook for a connection, by its type."""
        return cls.get_connection(conn_id).get_hook(hook_params=hook_params)

    @classmethod
    def get_connections(cls, conn_id: str) -> list[Connection]:
        """Return the connection, in a list."""
        return [cls.get_connection(conn_id)]

    def get_conn(self) -> Any:
        """Raise NotImplementedError: a subclass connects."""
        raise NotImplementedError(f"{type(self).__name__} has no get_conn()")

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return nothing: no form is drawn."""
        return {}

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return nothing: no form is drawn."""
        return {}
