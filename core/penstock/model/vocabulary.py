"""Small vocabularies: each value with what people call it, how it looks, and what it may become.

There is one table for each, beside its enum. Code that writes a new state asks `Vocabulary.become`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from penstock.errors import IllegalMoveError
from penstock.model.looks import LOOKS, Look

Value = TypeVar("Value", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Term(Generic[Value]):
    """One value: its ``name`` for people, its look, and the values that may follow it."""

    name: str
    look: Look = LOOKS["none"]
    becomes: frozenset[Value] = field(default_factory=frozenset)


class Vocabulary(Generic[Value]):
    """All values of one enum. ``noun`` is what has them, such as "backfill"."""

    __slots__ = ("_terms", "kind", "noun")

    def __init__(self, kind: type[Value], noun: str, terms: Mapping[Value, Term[Value]]) -> None:
        assert set(terms) == set(kind), f"{noun}: every value has a term"
        self.kind = kind
        self.noun = noun
        self._terms = dict(terms)

    def __getitem__(self, value: Value) -> Term[Value]:
        return self._terms[value]

    def looks(self) -> dict[str, Look]:
        """Return how each value looks."""
        return {value: term.look for value, term in self._terms.items()}

    @property
    def final(self) -> frozenset[Value]:
        """The values that nothing follows."""
        return frozenset(value for value, term in self._terms.items() if not term.becomes)

    def become(self, before: Value, after: Value) -> Value:
        """Return *after* if it may follow *before*, or is the same; raise `IllegalMoveError` otherwise."""
        if after is not before and after not in self._terms[before].becomes:
            raise IllegalMoveError(f"a {self.noun} that is {before} cannot become {after}")
        return after
