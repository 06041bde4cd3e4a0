"""Writes Python as its usual formatter does: strings, calls, comments."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH = 88
_NAMED = {"\\": "\\\\", "\t": "\\t", "\r": "\\r"}


def literal(value: str | float | None) -> str:
    """Return *value* as Python; a string of several lines between triple quotes."""
    if not isinstance(value, str):
        return (
            f"{value:g}" if isinstance(value, float) and value.is_integer() and value < 1e6 else repr(value)
        )
    if "\n" in value:
        body = _escaped(value).replace('"""', '\\"\\"\\"')
        return f'"""{body[:-1]}\\"""""' if body.endswith('"') else f'"""{body}"""'
    quote = "'" if value.count('"') > value.count("'") else '"'
    return f"{quote}{_escaped(value).replace(quote, chr(92) + quote)}{quote}"


def _escaped(value: str) -> str:
    return "".join(_NAMED.get(char) or _visible(char) for char in value)


def _visible(char: str) -> str:
    if char == "\n" or char.isprintable():
        return char
    return char.encode("unicode_escape").decode("ascii")


def call(name: str, arguments: Sequence[str], indent: int, *, wide: bool = False, end: str = "") -> list[str]:
    """Return a call as lines: one if it fits, unless it is *wide*, or one for each argument."""
    space = " " * indent
    line = f"{space}{name}({', '.join(arguments)}){end}"
    if not wide and len(line) <= WIDTH and "\n" not in line:
        return [line]
    return [f"{space}{name}(", *(f"{space}    {argument}," for argument in arguments), f"{space}){end}"]


def mapping(name: str, items: Sequence[tuple[str, str]], spread: str | None = None) -> list[str]:
    """Return an assignment of a dict whose values are Python already; *spread* is a dict to begin with."""
    first = [f"    **{spread},"] if spread else []
    return [f"{name} = {{", *first, *(f"    {literal(key)}: {value}," for key, value in items), "}"]


def comment(text: str, *, first: str = "# ", rest: str = "# ", wrap: bool = True) -> list[str]:
    """Return *text* as lines of comments, without anything that would end one."""
    clean = "".join(
        char if char.isprintable() else _escaped(char) for char in text.replace("\n", " ").replace("\t", " ")
    )
    if not wrap:
        return [f"{first}{clean}"]
    return textwrap.wrap(
        clean,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
