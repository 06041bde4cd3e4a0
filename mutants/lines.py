"""A line of code by what it says and whose it is, so that it is found again when files move.

A line's key is the name of the function around it and the line's text. Code that moves to another
file, or that gets new neighbours, keeps its keys.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lines:
    """The keys of one file's lines."""

    texts: list[str]
    owners: dict[int, str] = field(default_factory=dict)
    firsts: dict[int, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    inside: set[int] = field(default_factory=set)

    def at_import(self, line: int) -> bool:
        """Whether a line runs when its file is imported: it is in no function."""
        return self.first(line) not in self.inside

    def owner(self, line: int) -> str:
        """Name the function or class around a line; empty for the module's own lines."""
        return self.owners.get(line, "")

    def key(self, line: int) -> str:
        """Return what a line is found by again; ``line`` counts from 1."""
        return f"{self.owner(line)}\t{self.texts[line - 1].strip()}" if line <= len(self.texts) else ""

    def first(self, line: int) -> int:
        """Where the statement on ``line`` begins."""
        return self.firsts.get(line, line)

    def defined(self, line: int) -> str:
        """Return the name that a statement outside functions gives a value to; empty for others."""
        return self.names.get(line, "")


def read_lines(code: str) -> Lines:
    """Work out the keys of a file's lines. Raises ``SyntaxError``."""
    lines = Lines(code.splitlines())
    _walk(ast.parse(code), "", lines, outside=True)
    return lines


def _walk(node: ast.AST, owner: str, lines: Lines, *, outside: bool) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            body = getattr(child, "body", None)
            end = body[0].lineno - 1 if body else child.end_lineno or child.lineno
            for line in range(child.lineno, max(end, child.lineno) + 1):
                lines.firsts[line] = child.lineno
                if outside and isinstance(child, ast.Assign | ast.AnnAssign):
                    target = child.targets[0] if isinstance(child, ast.Assign) else child.target
                    lines.names[line] = target.id if isinstance(target, ast.Name) else ""
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{owner}.{child.name}" if owner else child.name
            start = min([child.lineno, *(each.lineno for each in child.decorator_list)])
            for line in range(start, (child.end_lineno or child.lineno) + 1):
                lines.owners[line] = name
            if not isinstance(child, ast.ClassDef):
                lines.inside.update(range(child.body[0].lineno, (child.end_lineno or child.lineno) + 1))
            _walk(child, name, lines, outside=isinstance(child, ast.ClassDef) and outside)
        else:
            _walk(child, owner, lines, outside=outside)
