"""WebhookNotifier: sends a request to a URL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from penstock.authoring.checks import mapping, seconds
from penstock.notifiers.notifier import DEFAULT_TEXT, Notifier, message_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context

_SHOWN = 500


class WebhookNotifier(Notifier):
    """Sends *payload* as JSON (or a string unchanged) to *url*; an answer that is not 2xx is a failure.

    Use references for secrets: ``headers={"Authorization": "Bearer {{ conn.hook.password }}"}``.
    Without a payload the message is sent as ``{"text": ...}``.
    """

    template_fields: Sequence[str] = ("url", "payload", "headers")
    checks: Mapping[str, Check] = {
        **dict.fromkeys(["url", "method"], message_text),
        "headers": mapping,
        "timeout": seconds,
    }

    def __init__(
        self,
        url: str,
        payload: Mapping[str, Any] | Sequence[Any] | str | None = None,
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        timeout: float = 10.0,
    ) -> None:
        self.url = url
        self.payload: Any = {"text": DEFAULT_TEXT} if payload is None else payload
        if isinstance(payload, Mapping):
            self.payload = dict(payload)
        self.method = method
        self.headers: dict[str, Any] = dict(mapping(headers, "headers"))
        self.timeout = timeout

    def notify(self, context: Context) -> None:
        """Send it.

        Raises OSError if nobody accepts it, ValueError if the URL is not of the web.
        """
        from urllib.error import HTTPError
        from urllib.parse import urlsplit
        from urllib.request import Request, urlopen

        del context
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"url: {parts.scheme or 'no scheme'!r} is neither http nor https")
        plain = isinstance(self.payload, str)
        body = self.payload if plain else json.dumps(self.payload)
        kind = "text/plain; charset=utf-8" if plain else "application/json"
        request = Request(  # noqa: S310 - the scheme was checked
            self.url, body.encode(), {"Content-Type": kind, **self.headers}, method=self.method
        )
        try:
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
                print(f"{parts.hostname} answered {answer.status}")  # noqa: T201 - to the log
        except HTTPError as error:
            said = error.read(_SHOWN).decode(errors="replace").strip()
            raise OSError(f"{parts.hostname} answered {error.code} {error.reason}: {said}") from None
