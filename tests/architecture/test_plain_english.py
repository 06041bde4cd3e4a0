"""Documents, messages and docstrings: lines that fit, and phrases that must not come back."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from architecture.house import DOCS, ROOT, name, pages, sources

WIDTH = 100
GENERATED = {DOCS / "cli.md", DOCS / "keys.md", DOCS / "states.md"}
PAGES = [page for page in (*pages(), ROOT / "findings" / "README.md") if page not in GENERATED]
LINK = re.compile(r"\[[^\]]*\]\([^)]*\)")
# Each phrase is foreign, or has to be read twice. Say instead: "is not", "does not have", "text" or
# "string", "plain text", "anyone who", "what is".
PHRASES = {
    r"\ba text\b(?! (encoding|file|field))": "a text",
    r"\bin clear\b": "in clear",
    r"of which more or less": "of which more or less",
    r"\bmay well\b": "may well",
    r"\b[Ww]hoever\b": "whoever",
    r"says? nothing of\b": "says nothing of",
    r"\bmade anew\b": "made anew",
    r"\bwherein\b": "wherein",
    r"\bfor want of\b": "for want of",
    r"is the business of\b": "is the business of",
    r"whether .{1,60} or no\b": "whether ... or no",
    r"\bof late\b": "of late",
    r"\b[Tt]akes? note\b": "take note",
    r"\bcame to be\b": "came to be",
    r"\bcomes? to be\b": "come to be",
    r"what became of\b": "what became of",
    r"\bis laid to\b": "is laid to",
    r"\banew\b": "anew",
    r"\bchange of clocks\b": "change of clocks",
    r"\bdown to the root:": "down to the root:",
    r"\bhave it so\b": "have it so",
    r"\bmakes no sense\b": "makes no sense",
    r"(?<![Tt]here )\bis no (secret|state|date|text|list|file)\b": "is no ...",
    r"\bin whose name\b": "in whose name",
    r"\bwhat stands\b": "what stands",
    r"\bwho (is to|has to)\b": "who is to",
}
ANY = re.compile("|".join(PHRASES))
SEAM = re.compile(r"""["']\s*\n\s*[rf]*["']""")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_lines_of_documents_wrap(page: Path) -> None:
    long = [f"{number}: {line}" for number, line in prose(page) if len(LINK.sub("", line)) > WIDTH]
    assert long == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_documents_have_no_foreign_phrase(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert foreign(enumerate(text.splitlines(), 1)) == []


def test_code_has_no_foreign_phrase() -> None:
    codes = {file: file.read_text(encoding="utf-8") for file in sources()}
    suspect = {file: code for file, code in codes.items() if ANY.search(flat(code))}
    assert [f"{name(file)}:{hit}" for file, code in suspect.items() for hit in foreign(texts(code))] == []


def test_foreign_phrases_are_found() -> None:
    """Both searches find what they look for, in a document, a docstring, a message and a comment."""
    code = '"""Returns a text."""\nx = f"{y} may well be {z}"  # a port wherein\nname = "a text".upper()\n'
    assert [hit.partition(":")[0] for hit in foreign(texts(code))] == ["1", "2", "2", "3"]
    assert ANY.search(flat('x = (\n    "it is a "\n    "text"\n)'))
    assert foreign([(7, "A file of which more or less is kept, in clear.")]) == [
        "7: in clear",
        "7: of which more or less",
    ]


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number, line) of *page* without its tables, its pictures and its code."""
    fenced = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith(("|", "![", "    ")):
            yield number, line


def flat(code: str) -> str:
    """Return *code* in one line, its strings joined: quick to search, before it is taken apart."""
    return " ".join(SEAM.sub("", code).split())


def texts(code: str) -> Iterator[tuple[int, str]]:
    """Yield (line number, text) of the strings, docstrings and comments of *code*."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, " ".join(node.value.split())
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def foreign(lines: Iterator[tuple[int, str]] | list[tuple[int, str]] | enumerate[str]) -> list[str]:
    """Return "line: phrase" for each of `PHRASES` in *lines*, in their order."""
    return sorted(
        (
            f"{number}: {phrase}"
            for number, text in lines
            for rule, phrase in PHRASES.items()
            if re.search(rule, text)
        ),
        key=lambda hit: (int(hit.partition(":")[0]), hit),
    )
