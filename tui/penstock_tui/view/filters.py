"""The filter grammar of every filter bar: ``state:failed,running owner:x !tag:y "two words" !text``. Pure.

Terms are separated by spaces and all must match; a term with a leading ``!`` must not. ``field:a,b``
matches either of the two. The word ``or`` between terms begins an alternative: ``a b or c`` matches rows
with a and b, and rows with c. Double quotes keep spaces, and their contents are searched as they are, also
``"or"``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_QUOTED = r'"[^"]*(?:"|$)'
"""A quote that is not closed yet is accepted: somebody is still typing."""
_TERM = re.compile(rf'(!*)((?:{_QUOTED}|[^\s"!])(?:{_QUOTED}|[^\s"])*)')
_ALTERNATIVE = re.compile(rf'(?:{_QUOTED}|[^,"])+')


@dataclass(frozen=True, slots=True)
class Term:
    """A field with its alternatives, and whether a row must have one of them or none."""

    field: str
    alternatives: tuple[str, ...]
    inverted: bool = False

    def passes(self, fields: Mapping[str, Sequence[str]]) -> bool:
        """Return whether *fields* fit. A field matches from the start of a value, text anywhere."""
        values = [value.lower() for value in fields.get(self.field, ())]
        fits = str.__contains__ if self.field == "text" else str.startswith
        return any(fits(value, word) for word in self.alternatives for value in values) is not self.inverted


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter. A row passes when it passes every term, or every term of another alternative."""

    source: str
    terms: tuple[Term, ...]
    others: tuple[tuple[Term, ...], ...] = ()
    """The alternatives after the first ``or``, each with at least one term."""

    @property
    def alternatives(self) -> tuple[tuple[Term, ...], ...]:
        """Every alternative; one without terms if the filter is empty."""
        return (self.terms, *self.others)

    def passes(self, fields: Mapping[str, Sequence[str]]) -> bool:
        """Return whether a row with *fields* (field -> values; ``text`` is searched by plain words) passes.

        Case does not matter.
        """
        return any(all(term.passes(fields) for term in terms) for terms in self.alternatives)


NONE = Filter("", ())


def hint(fields: Sequence[str]) -> str:
    """Return what can be typed, in one line."""
    names = " ".join(f"{name}:" for name in fields)
    return f'{names} text "two words"   !term inverts   or   enter keeps   esc drops'


def parse(source: str, fields: Sequence[str]) -> Filter:
    """Return the filter in *source*; ``x:y`` with an unknown field is plain text.

    Unfinished terms, such as ``!`` or ``state:``, are ignored.
    """
    groups: list[list[Term]] = [[]]
    for found in _TERM.finditer(source):
        inverted, word = len(found[1]) % 2 == 1, found[2].lower()
        if word == "or" and not found[1]:
            groups.append([])
            continue
        name, colon, value = word.partition(":")
        if colon and name in fields:
            alternatives = tuple(filter(None, map(_bare, _ALTERNATIVE.findall(value))))
        else:
            name, alternatives = "text", (_bare(word),)
        if any(alternatives):
            groups[-1].append(Term(name, alternatives, inverted))
    first, *others = [tuple(terms) for terms in groups if terms] or [()]
    return Filter(source.strip(), first, tuple(others))


def _bare(word: str) -> str:
    return word.replace('"', "")
