"""The filter grammar: ``state:failed,running owner:x tag:y text``; a leading ``!`` inverts it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter. A row passes when every term matches; a term is a field and its alternatives."""

    source: str
    terms: tuple[tuple[str, tuple[str, ...]], ...]
    inverted: bool

    def passes(self, fields: Mapping[str, Sequence[str]]) -> bool:
        """Return whether a row with *fields* (field -> values; ``text`` is searched by plain words) passes.

        Upper and lower case are one. A field matches from the start of a value, text anywhere.
        """
        if not self.terms:
            return True
        return all(_matches(name, wanted, fields) for name, wanted in self.terms) is not self.inverted


NONE = Filter("", (), inverted=False)


def parse(source: str, fields: Sequence[str]) -> Filter:
    """Return the filter that *source* means; ``x:y`` with an unknown field is plain text."""
    rest = source.strip()
    inverted = rest.startswith("!")
    terms: list[tuple[str, tuple[str, ...]]] = []
    for word in rest.removeprefix("!").split():
        name, colon, value = word.partition(":")
        if colon and name.lower() in fields:
            alternatives = tuple(part.lower() for part in value.split(",") if part)
            if alternatives:
                terms.append((name.lower(), alternatives))
        else:
            terms.append(("text", (word.lower(),)))
    return Filter(source.strip(), tuple(terms), inverted and bool(terms))


def _matches(name: str, wanted: Sequence[str], fields: Mapping[str, Sequence[str]]) -> bool:
    values = [value.lower() for value in fields.get(name, ())]
    if name == "text":
        return any(word in value for word in wanted for value in values)
    return any(value.startswith(word) for word in wanted for value in values)
