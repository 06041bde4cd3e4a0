"""Cuts a shell command at its operators, without changing a character of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPERATOR = re.compile(r"&&|\|\||;;|\|&|&>>?|[|&;()\n]")
_REDIRECTION = re.compile(r"\d*(?:>>|>&|>\||<>|<&|<<<|<<-?|>|<)")
_BLANK = " \t"
_NEEDS_MORE = frozenset({"&&", "||", "|", "|&"})
_COMPOUND = frozenset({"if", "for", "while", "until", "case", "select", "function", "{", "[[", "time", "!"})


class UnreadableError(ValueError):
    """A command that this reader cannot cut: it has an open quote, a here-document, or is half a command."""


class CompoundError(UnreadableError):
    """A command such as a ``for`` loop, whose parts hang together: it is left alone."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One word or operator: its ``text`` is from ``start`` to ``end`` of the line."""

    kind: str
    """``word``, ``operator``, or ``redirection`` (the sign alone)."""
    text: str
    start: int
    end: int


def pieces(command: str) -> list[Piece]:
    """Return the pieces of *command*; raise `UnreadableError`."""
    found: list[Piece] = []
    at = 0
    while at < len(command):
        if command[at] in _BLANK:
            at += 1
            continue
        if command[at] == "#":
            at = _line_end(command, at)
            continue
        kind, end = _next(command, at)
        if kind == "redirection" and command[at:end].lstrip("0123456789").startswith("<<"):
            raise UnreadableError("it has a here-document")
        found.append(Piece(kind, command[at:end], at, end))
        at = end
    return found


def _line_end(command: str, at: int) -> int:
    end = command.find("\n", at)
    return len(command) if end < 0 else end


def _next(command: str, at: int) -> tuple[str, int]:
    if sign := _OPERATOR.match(command, at):
        kind = "redirection" if sign[0].startswith("&>") else "operator"
        return kind, sign.end()
    if sign := _REDIRECTION.match(command, at):
        return "redirection", sign.end()
    return "word", _word_end(command, at)


def _word_end(command: str, at: int) -> int:
    while at < len(command):
        char = command[at]
        if char == "\\":
            at += 2
        elif char == "'":
            at = _after(command, "'", at + 1)
        elif char == '"':
            at = _double_quoted(command, at + 1)
        elif char == "`":
            at = _after(command, "`", at + 1)
        elif command.startswith("$(", at):
            at = _bracketed(command, at + 2)
        elif char in _BLANK or char in "<>" or _OPERATOR.match(command, at):
            break
        else:
            at += 1
    return min(at, len(command))


def _after(command: str, quote: str, at: int) -> int:
    end = command.find(quote, at)
    if end < 0:
        raise UnreadableError(f"it has an open {quote}")
    return end + 1


def _double_quoted(command: str, at: int) -> int:
    while at < len(command):
        if command[at] == "\\":
            at += 2
        elif command[at] == '"':
            return at + 1
        elif command.startswith("$(", at):
            at = _bracketed(command, at + 2)
        else:
            at += 1
    raise UnreadableError('it has an open "')


def _bracketed(command: str, at: int) -> int:
    """Return where the bracket that was opened before *at* is closed."""
    while at < len(command):
        char = command[at]
        if char == ")":
            return at + 1
        if char == "(":
            at = _bracketed(command, at + 1)
        elif char == "'":
            at = _after(command, "'", at + 1)
        elif char == '"':
            at = _double_quoted(command, at + 1)
        else:
            at += 2 if char == "\\" else 1
    raise UnreadableError("it has an open (")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a command between operators of its own level; ``after`` is the operator behind it."""

    pieces: tuple[Piece, ...]
    after: str

    @property
    def words(self) -> list[str]:
        """Its words, as they are written, without redirections."""
        words, skip = [], False
        for piece in self.pieces:
            if piece.kind == "redirection":
                skip = True
            elif skip:
                skip = False
            elif piece.kind == "word":
                words.append(piece.text)
        return words

    @property
    def simple(self) -> bool:
        """Whether it is one program with its arguments."""
        words = self.words
        return bool(words) and words[0] not in _COMPOUND and all(p.kind != "operator" for p in self.pieces)


def parts(command: str) -> list[Part]:
    """Return *command* cut at ``&&``, ``||``, ``;``, ``&`` and ``|`` outside of brackets.

    Blank lines are left out: only an empty command has a part without pieces. Raises `UnreadableError`, also
    for commands such as ``for`` whose own parts hang together, and where an operator has nothing on one side.
    """
    found: list[Part] = []
    here: list[Piece] = []
    depth = 0
    for piece in pieces(command):
        if piece.kind == "operator":
            depth += {"(": 1, ")": -1}.get(piece.text, 0)
            if depth == 0 and piece.text not in "()":
                if not here:
                    if piece.text == "\n":
                        continue
                    raise UnreadableError(f"nothing stands before {piece.text}")
                found.append(Part(tuple(here), piece.text))
                here = []
                continue
        elif piece.kind == "word" and not here and piece.text in _COMPOUND - {"[[", "!", "time"}:
            raise CompoundError("its parts hang together")
        here.append(piece)
    if depth:
        raise UnreadableError("it has brackets without a partner")
    if not here and found and found[-1].after in _NEEDS_MORE:
        raise UnreadableError(f"nothing stands after {found[-1].after}")
    if here or not found:
        found.append(Part(tuple(here), ""))
    return found


def literal(word: str) -> str | None:
    """Return what *word* is when the shell has read it, or None if that depends on the moment."""
    if re.fullmatch(r"[\w@%+=:,./~-]*", word, re.ASCII):
        return None if word.startswith("~") else word
    for quote in "'\"":
        inside = word[1:-1]
        if len(word) > 1 and word[0] == word[-1] == quote and quote not in inside:
            return inside if quote == "'" or not re.search(r"[$`\\]", inside) else None
    return None
