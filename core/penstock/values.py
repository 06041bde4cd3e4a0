"""Variables and connections as they are written: in penstock.toml, in the store, on the wire.

A variable is a string, or ``{"secret": REFERENCE}``. A connection is a URL (or a JSON object as a
string), or a table of its fields, in which ``secrets`` maps a field (``password``, ``extra.token``) to a
reference. A reference says where a secret is: ``env:NAME``, ``file:PATH`` or ``cmd:COMMAND``. Only
references are ever stored; the value is looked up when it is needed. Pure; imports almost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Entry = str | dict[str, Any]

KINDS = ("env", "file", "cmd")
"""The kinds of reference."""
CONNECTION_FIELDS = ("uri", "conn_type", "host", "login", "password", "schema", "port", "extra")
COVER = "***"

_SENSITIVE = re.compile(
    r"access_?key|api_?key|apikey|auth|credential|passphrase|passwd|passwor[dt]|private_?key|secret|token",
    re.IGNORECASE,
)


def sensitive(name: str) -> bool:
    """Whether something called *name* is most likely a secret."""
    return _SENSITIVE.search(name) is not None


def reference_problem(reference: object) -> str | None:
    """Return why *reference* is not a reference to a secret, or None."""
    if isinstance(reference, str):
        kind, _, place = reference.partition(":")
        if kind in KINDS and place.strip():
            return None
    return f"{reference!r} is not a reference to a secret: write env:NAME, file:PATH or cmd:COMMAND"


def variable_problem(entry: object) -> str | None:
    """Return why *entry* is not a variable, or None."""
    if isinstance(entry, str):
        return None
    if isinstance(entry, dict) and entry.keys() == {"secret"}:
        return reference_problem(entry["secret"])
    return 'a variable must be a string or { secret = "env:NAME" }; write lists and numbers as JSON strings'


def connection_problem(entry: object) -> str | None:
    """Return why *entry* is not a connection, or None."""
    if isinstance(entry, str):
        return _url_problem(entry)
    if not isinstance(entry, dict):
        return "a connection must be a URL, or a table of its fields"
    unknown = sorted(entry.keys() - {*CONNECTION_FIELDS, "description", "secrets"})
    if unknown:
        return f"a connection does not have {unknown[0]!r}; it has {', '.join(CONNECTION_FIELDS)} and secrets"
    for name in ("uri", "conn_type", "host", "login", "password", "schema", "description"):
        if not isinstance(entry.get(name, ""), str):
            return f"{name} must be a string"
    if isinstance(entry.get("port", 0), bool) or not isinstance(entry.get("port", 0), int):
        return "port must be a whole number"
    if not isinstance(entry.get("extra", {}), dict):
        return "extra must be a table"
    secrets = entry.get("secrets", {})
    if not isinstance(secrets, dict):
        return "secrets must be a table that maps fields to references"
    for field, reference in secrets.items():
        if field not in CONNECTION_FIELDS[1:-1] and not field.startswith("extra."):
            return f"secrets: a connection does not have {field!r}; write password, or extra.NAME"
        problem = reference_problem(reference)
        if problem:
            return f"secrets: {field}: {problem}"
    return _url_problem(entry["uri"]) if "uri" in entry else None


def _url_problem(text: str) -> str | None:
    if text.lstrip().startswith("{"):
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        return f"its URL is wrong: {error}"
    return None if parts.scheme else "its URL must begin with a type, such as postgresql://"


def references(entry: Entry) -> Iterator[str]:
    """Yield the references in a variable's or connection's entry."""
    if isinstance(entry, dict):
        if isinstance(entry.get("secret"), str):
            yield entry["secret"]
        yield from entry.get("secrets", {}).values()


def lent_names(entries: Mapping[str, Entry]) -> Iterator[str]:
    """Yield the environment variables that *entries* refer to."""
    for entry in entries.values():
        for reference in references(entry):
            if reference.startswith("env:"):
                yield reference.removeprefix("env:")


def clear_secrets(entry: Entry) -> list[str]:
    """Return the secrets that a connection's entry holds in plain text."""
    if isinstance(entry, dict):
        extra = entry.get("extra") or {}
        found = [str(value) for name, value in extra.items() if sensitive(name)]
        return [*found, *([entry["password"]] if entry.get("password") else []), *_in_url(entry.get("uri"))]
    if entry.lstrip().startswith("{"):
        import json

        try:
            fields = json.loads(entry)
        except ValueError:
            return []
        return clear_secrets(fields) if isinstance(fields, dict) and "extra" not in fields else _parts(fields)
    return _in_url(entry)


def _parts(fields: Any) -> list[str]:
    """Return the same of a JSON object whose ``extra`` may be JSON in a string."""
    extra = fields.get("extra") if isinstance(fields, dict) else None
    if isinstance(extra, str):
        import json

        try:
            extra = json.loads(extra)
        except ValueError:
            extra = {}
    return clear_secrets({**fields, "extra": extra if isinstance(extra, dict) else {}}) if extra else []


def _in_url(url: str | None) -> list[str]:
    try:
        parts = urlsplit(url or "")
        password = parts.password
    except ValueError:
        return []
    found = [password, unquote(password)] if password else []
    return [*dict.fromkeys(found), *(text for name, text in parse_qsl(parts.query) if sensitive(name))]


def shown_variable(name: str, entry: Entry) -> str | None:
    """Return what a person may see of a variable: None for a reference, ``***`` for a likely secret."""
    if isinstance(entry, dict):
        return None
    return COVER if sensitive(name) else entry


def shown_connection(entry: Entry) -> dict[str, Any]:
    """Return the fields of a connection that a person may see, with plain-text secrets hidden."""
    if isinstance(entry, str):
        return {"uri": _covered(entry, clear_secrets(entry))}
    shown = {name: entry[name] for name in CONNECTION_FIELDS if entry.get(name) not in (None, "", {})}
    hidden = clear_secrets(entry)
    if "uri" in shown:
        shown["uri"] = _covered(shown["uri"], hidden)
    if "password" in shown:
        shown["password"] = COVER
    if "extra" in shown:
        shown["extra"] = {key: COVER if sensitive(key) else value for key, value in shown["extra"].items()}
    return shown


def _covered(text: str, hidden: list[str]) -> str:
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, COVER)
    return text


def cover_named(value: Any) -> Any:
    """Return plain JSON in which every text under a name that says "secret" is covered."""
    if isinstance(value, dict):
        return {
            name: COVER if isinstance(item, str) and item and sensitive(str(name)) else cover_named(item)
            for name, item in value.items()
        }
    return [cover_named(item) for item in value] if isinstance(value, list) else value
