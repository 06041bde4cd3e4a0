"""The OpenAPI document as a page to read: no scripts, nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

_HEAD = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui;max-width:60em;margin:2em auto;padding:0 1em}}
code{{background:#eee8;padding:.1em .3em}}
td{{vertical-align:top;padding:.2em 1em .2em 0}}</style><h1>{title}</h1><p>{about}</p>"""


def page(document: dict[str, Any]) -> str:
    """Return *document* as HTML: the operations with their parameters, then the fields of each schema."""
    info = document["info"]
    parts = [_HEAD.format(title=escape(info["title"]), about=escape(info.get("description", "")))]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts.append(f"<h3><code>{method.upper()} {escape(path)}</code></h3>")
            parts.append(f"<p>{escape(operation.get('description') or operation.get('summary', ''))}</p>")
            rows = [_parameter(each) for each in operation.get("parameters", ())]
            if rows:
                parts.append(f"<table>{''.join(rows)}</table>")
    parts.append("<h2>Schemas</h2>")
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        parts.append(f"<h3 id='{escape(name)}'><code>{escape(name)}</code></h3>")
        parts.append(f"<p>{escape(schema.get('description', ''))}</p>")
        rows = [_row(field, _kind(what)) for field, what in schema.get("properties", {}).items()]
        parts.append(f"<table>{''.join(rows)}</table>")
    return "".join(parts)


def _parameter(each: dict[str, Any]) -> str:
    needed = " (required)" if each.get("required") else ""
    return _row(each["name"], f"{each['in']}: {_kind(each.get('schema', {}))}{needed}")


def _row(name: str, kind: str) -> str:
    return f"<tr><td><code>{escape(name)}</code><td>{escape(kind)}"


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(str(each) for each in schema["enum"])
    kind = str(schema.get("type", "anything"))
    return f"list of {_kind(schema.get('items', {}))}" if kind == "array" else kind
