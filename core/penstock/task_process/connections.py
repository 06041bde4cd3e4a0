"""Connections: where a service is and how to log in, by id."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from penstock.authoring.exceptions import TaskError
from penstock.task_process.lookup import find_connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from urllib.parse import SplitResult


class UnknownConnectionError(TaskError, LookupError):
    """There is no connection with that id."""


class Connection:
    """Where something is and how to log in: ``Connection.get("warehouse").host``.

    Connections come from ``PENSTOCK_CONN_<ID>`` in the environment, then from penstock.toml, then from
    the store, as a URL ``type://login:password@host:port/schema?extra=1`` or as a table with these keys.
    """

    def __init__(
        self,
        conn_id: str | None = None,
        conn_type: str | None = None,
        description: str | None = None,
        host: str | None = None,
        login: str | None = None,
        password: str | None = None,
        schema: str | None = None,
        port: int | None = None,
        extra: str | dict[str, Any] | None = None,
        uri: str | None = None,
    ) -> None:
        self.conn_id = conn_id
        self.conn_type = conn_type
        self.description = description
        self.host = host
        self.login = login
        self.password = password
        self.schema = schema
        self.port = port
        self.extra = extra if isinstance(extra, str | None) else json.dumps(extra)
        self._uri = uri
        if uri is not None:
            self._read(uri)

    def _read(self, uri: str) -> None:
        parts = urlsplit(uri)
        self.conn_type = parts.scheme.replace("-", "_")
        self.host = unquote(_host_of(parts)) if parts.hostname else None
        self.login = unquote(parts.username) if parts.username else None
        self.password = unquote(parts.password) if parts.password else None
        self.port = parts.port
        self.schema = unquote(parts.path[1:]) or None
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.extra = query.pop("__extra__", None) or (json.dumps(query) if query else None)

    @classmethod
    def get(cls, conn_id: str) -> Connection:
        """Return the connection; raise `UnknownConnectionError` that says where to set it."""
        entry = find_connection(conn_id)
        if entry is None:
            raise UnknownConnectionError(
                f"connection {conn_id!r} does not exist: set it in penstock.toml under [connections], "
                f"as PENSTOCK_CONN_{conn_id.upper()}, or with `penstock connections set {conn_id} ...`"
            )
        found = cls._of_text(conn_id, entry) if isinstance(entry, str) else cls._of_table(conn_id, entry)
        _hide(found)
        return found

    @classmethod
    def _of_text(cls, conn_id: str, text: str) -> Connection:
        if not text.lstrip().startswith("{"):
            return cls(conn_id=conn_id, uri=text)
        try:
            fields = json.loads(text)
        except ValueError as error:
            raise TaskError(f"connection {conn_id!r} is not JSON: {error}") from None
        return cls._of_table(conn_id, fields)

    @classmethod
    def _of_table(cls, conn_id: str, table: dict[str, Any]) -> Connection:
        """Return the connection of a table, with its secrets looked up."""
        fields = dict(table)
        secrets = fields.pop("secrets", None) or {}
        uri = fields.pop("uri", None)
        if uri is not None and (fields or secrets):
            whole = cls(conn_id=conn_id, uri=uri)
            fields = {**whole._fields(), **fields}
            uri = None
        for field, reference in secrets.items():
            from penstock.task_process.secrets import secret_value

            value = secret_value(reference, f"connection {conn_id!r}")
            if field.startswith("extra."):
                extra = fields.get("extra") or {}
                extra = json.loads(extra) if isinstance(extra, str) else extra
                fields["extra"] = {**extra, field.removeprefix("extra."): value}
            else:
                fields[field] = int(value) if field == "port" else value
        try:
            return cls(conn_id=conn_id, uri=uri, **fields)
        except TypeError as error:
            raise TaskError(f"connection {conn_id!r}: {error}") from None

    def _fields(self) -> dict[str, Any]:
        names = ("conn_type", "host", "login", "password", "schema", "port", "extra")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @property
    def extra_dejson(self) -> dict[str, Any]:
        """The extra fields as a dict."""
        return dict(json.loads(self.extra)) if self.extra else {}

    @property
    def path(self) -> str:
        """The path of a file connection: ``/data`` for ``file:///data``."""
        given = self.extra_dejson.get("path")
        return str(given) if given else f"/{self.schema or ''}"

    def get_uri(self) -> str:
        """Return the connection as a URL."""
        if self._uri is not None:
            return self._uri
        login = quote(self.login or "", safe="")
        if self.password is not None:
            login += f":{quote(self.password, safe='')}"
        host = quote(self.host or "", safe="") + (f":{self.port}" if self.port else "")
        query = f"?{urlencode(self.extra_dejson)}" if self.extra else ""
        place = f"{login}@{host}" if login else host
        return f"{self.conn_type or ''}://{place}/{quote(self.schema or '', safe='/')}{query}"

    def __repr__(self) -> str:
        return f"<Connection: {self.conn_id or self.conn_type}>"


def _host_of(parts: SplitResult) -> str:
    """Return the host of a URL; one that is a path (``sqlite://%2Ftmp%2FData.db``) keeps its case."""
    host = parts.hostname or ""
    if "%2f" not in host:
        return host
    place = parts.netloc.rpartition("@")[2]
    return place.rpartition(":")[0] if parts.port else place


def _hide(connection: Connection) -> None:
    """Hide its secrets from now on."""
    from contextlib import suppress

    from penstock.task_process.hiding import hide

    secrets = [connection.password] if connection.password else []
    with suppress(ValueError):  # the reader gets the error about an extra that is not JSON
        secrets += _secrets_in(connection.extra_dejson)
    hide(*secrets)


def _secrets_in(extra: Any, secret: bool = False) -> list[str]:
    """Return every string in *extra* under a name that most likely means a secret."""
    from penstock.values import sensitive

    if isinstance(extra, dict):
        return [
            text
            for name, value in extra.items()
            for text in _secrets_in(value, secret or sensitive(str(name)))
        ]
    if isinstance(extra, list):
        return [text for item in extra for text in _secrets_in(item, secret)]
    return [str(extra)] if secret and isinstance(extra, str | int) and extra is not True else []


class BaseHook:
    """The old way to get a connection."""

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """Return the connection."""
        return Connection.get(conn_id)
