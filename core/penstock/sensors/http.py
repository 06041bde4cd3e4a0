"""HttpSensor: waits until a web address answers as required."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from penstock.authoring.checks import seconds
from penstock.authoring.place import refuse
from penstock.authoring.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.arguments import Duration
    from penstock.authoring.context import Context
    from penstock.authoring.sensor import SensorArgs

MOST_BYTES = 16 << 20
"""This much of an answer is read."""


class HttpAnswer:
    """The answer: ``status_code``, ``headers``, ``text``, ``json()``."""

    def __init__(self, status_code: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status_code = status_code
        self.headers = dict(headers)
        self.content = content

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(errors="replace")

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    def json(self) -> Any:
        """Return the body as JSON."""
        import json

        return json.loads(self.content)


class HttpSensor(Sensor):
    """Asks *endpoint* of connection *http_conn_id* until its status is below 400 and *response_check* agrees.

    A connection holds scheme, host, port, login and password, and ``headers`` in its extra. Without one,
    *endpoint* is a whole URL. Statuses of *response_error_codes_allowlist* (default 404) mean "not yet";
    other errors fail. *request_params* go into the query, or for a POST into the body.
    """

    template_fields: Sequence[str] = ("endpoint", "request_params", "headers")

    def __init__(
        self,
        *,
        endpoint: Any,
        http_conn_id: str | None = None,
        method: str = "GET",
        request_params: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        response_check: Callable[..., Any] | None = None,
        response_error_codes_allowlist: Sequence[str | int] | None = None,
        request_timeout: Duration = 30,
        task_id: str,
        **sensor: Unpack[SensorArgs],
    ) -> None:
        super().__init__(task_id=task_id, **sensor)
        if method.upper() not in {"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH"}:
            refuse(f"method {method!r} is not known")
        self.endpoint = endpoint
        self.http_conn_id = http_conn_id
        self.method = method.upper()
        self.request_params = dict(request_params or {})
        self.headers = dict(headers or {})
        self.response_check = response_check
        allowed = ("404",) if response_error_codes_allowlist is None else response_error_codes_allowlist
        self.not_yet = {int(code) for code in allowed}
        self.request_timeout = seconds(request_timeout, "request_timeout")

    def poke(self, context: Context) -> bool:
        """Ask once.

        Raises `TaskError` for an answer that is an error, other than *response_error_codes_allowlist*.
        """
        from penstock.authoring.exceptions import TaskError

        url, headers = self._address()
        answer = self._ask(url, headers)
        print(f"{self.method} {url}: {answer.status_code}")  # noqa: T201 - to the task's log
        if answer.status_code in self.not_yet:
            return False
        if not answer.ok:
            raise TaskError(f"{url} answered {answer.status_code}")
        if self.response_check is None:
            return True
        from penstock.task_process.call import arguments

        check = self.response_check
        return bool(check(answer, **arguments(check, [answer], {}, context)))

    def _address(self) -> tuple[str, dict[str, str]]:
        """Return the URL without secrets, and the headers."""
        endpoint = str(self.endpoint)
        headers = {str(name): str(value) for name, value in self.headers.items()}
        if self.http_conn_id is None:
            return endpoint, headers
        from penstock.task_process.connections import Connection

        conn = Connection.get(self.http_conn_id)
        scheme = conn.schema if conn.schema in ("http", "https") else conn.conn_type or "http"
        port = f":{conn.port}" if conn.port else ""
        base = f"{scheme}://{conn.host}{port}"
        extra = conn.extra_dejson.get("headers") or {}
        if conn.login:
            from base64 import b64encode

            from penstock.task_process.hiding import hide

            token = b64encode(f"{conn.login}:{conn.password or ''}".encode()).decode()
            hide(token)
            headers.setdefault("Authorization", f"Basic {token}")
        return f"{base}/{endpoint.lstrip('/')}", {**{str(k): str(v) for k, v in extra.items()}, **headers}

    def _ask(self, url: str, headers: dict[str, str]) -> HttpAnswer:
        from urllib.error import HTTPError
        from urllib.parse import urlencode, urlsplit
        from urllib.request import Request, urlopen

        from penstock.authoring.exceptions import TaskError

        if urlsplit(url).scheme not in ("http", "https"):
            raise TaskError(f"{url!r} is not a web address")
        data = None
        if self.request_params:
            query = urlencode(self.request_params)
            if self.method in ("GET", "HEAD", "DELETE"):
                url = f"{url}{'&' if '?' in url else '?'}{query}"
            else:
                data = query.encode()
        request = Request(url, data=data, headers=headers, method=self.method)  # noqa: S310 - checked above
        try:
            with urlopen(request, timeout=self.request_timeout) as answer:  # noqa: S310
                return HttpAnswer(answer.status, dict(answer.headers), answer.read(MOST_BYTES))
        except HTTPError as error:
            with error:
                return HttpAnswer(error.code, dict(error.headers), error.read(MOST_BYTES))
