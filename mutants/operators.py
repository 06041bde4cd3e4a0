"""Changes that cosmic-ray has none of: dropped calls and statements, decided branches, returned ``None``.

They are operators of cosmic-ray's own kind (``cosmic_ray.operators.operator.Operator``), and are known to it
as ``penstock/...`` once :func:`install` was called.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import parso
from cosmic_ray import plugins
from cosmic_ray.operators.operator import Example, Operator
from parso.python.tree import Keyword, Name

Span = tuple[tuple[int, int], tuple[int, int]]


class DropStatement(Operator):
    """Leave out a call, a ``raise``, a bare ``return``, a ``del``, or what a field or an item is set to."""

    def mutation_positions(self, node: Any) -> Iterator[Span]:
        """Every such statement, once."""
        if node.type == "simple_stmt" and _droppable(node.children[0]):
            yield node.children[0].start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Put ``pass`` in its place."""
        dropped = node.children[0]
        node.children[0] = Keyword("pass", dropped.start_pos, prefix=dropped.get_first_leaf().prefix)
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Show what becomes of a line."""
        return (
            Example("x.f(1)\n", "pass\n"),
            Example("x.y = 2\n", "pass\n"),
            Example("x[0] += 2\n", "pass\n"),
            Example("raise E\n", "pass\n"),
            Example("del x[0]\n", "pass\n"),
        )


class ReturnNone(Operator):
    """Return ``None`` in place of a value."""

    def mutation_positions(self, node: Any) -> Iterator[Span]:
        """Every ``return`` with a value."""
        if node.type == "return_stmt" and node.children[1].get_code().strip() != "None":
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Replace the value."""
        node.children[1] = Keyword("None", node.children[1].start_pos, prefix=" ")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Show what becomes of a line."""
        return (Example("def f():\n    return 1\n", "def f():\n    return None\n"),)


class _Decide(Operator):
    value = "True"

    def mutation_positions(self, node: Any) -> Iterator[Span]:
        """Every condition of ``if``, ``elif``, ``a if c else b`` and of a comprehension."""
        for at in _conditions(node):
            yield node.children[at].start_pos, node.children[at].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Replace the condition."""
        at = _conditions(node)[index]
        node.children[at] = Name(self.value, node.children[at].start_pos, prefix=" ")
        return node


class IfTrue(_Decide):
    """Take a branch whatever its condition says."""

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Show what becomes of a line."""
        return (
            Example("if a: pass\nelif b: pass", "if a: pass\nelif True: pass", occurrence=1),
            Example("x = [a for a in b if a.c]", "x = [a for a in b if True]"),
        )


class IfFalse(_Decide):
    """Never take a branch."""

    value = "False"

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Show what becomes of a line."""
        return (Example("x = a if b else c", "x = a if False else c"),)


class NegateIn(Operator):
    """Ask for the opposite of ``in`` and ``not in``."""

    def mutation_positions(self, node: Any) -> Iterator[Span]:
        """Every membership test."""
        if node.type == "comparison":
            for operator in node.children[1::2]:
                if operator.get_code().split() in (["in"], ["not", "in"]):
                    yield operator.start_pos, operator.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Turn the operator round."""
        places = [
            at
            for at, child in enumerate(node.children)
            if at % 2 and child.get_code().split() in (["in"], ["not", "in"])
        ]
        negated = node.children[places[index]].get_code().split() == ["in"]
        node.children[places[index]] = parso.parse(" not in" if negated else " in")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Show what becomes of a line."""
        return (Example("a in b", "a not in b"), Example("a not in b", "a in b"))


OPERATORS = {each.__name__: each for each in (DropStatement, ReturnNone, IfTrue, IfFalse, NegateIn)}


def install() -> None:
    """Make them known to cosmic-ray, here alone: an entry point would reach whoever installs Penstock."""
    plugins.OPERATOR_PROVIDERS["penstock"] = OPERATORS


def _droppable(node: Any) -> bool:
    if node.type in {"del_stmt", "raise_stmt"} or (
        node.type == "keyword" and node.value in {"return", "raise"}
    ):
        return True
    if node.type in {"atom_expr", "power"}:  # a call, awaited or not
        return bool(node.children[-1].get_code().startswith("("))
    if node.type == "expr_stmt":
        target, sign = node.children[0], node.children[1]
        augmented = sign.type == "operator" and sign.value != "="
        return augmented or (target.type in {"atom_expr", "power"} and sign.type == "operator")
    return False


def _conditions(node: Any) -> list[int]:
    """Where the conditions are among a node's children."""
    if node.type == "if_stmt":
        words = enumerate(node.children)
        return [at + 1 for at, child in words if getattr(child, "value", "") in {"if", "elif"}]
    if node.type == "comp_if":
        return [1]
    if node.type in {"test", "ternary"}:
        return [2] if getattr(node.children[1], "value", "") == "if" else []
    return []
