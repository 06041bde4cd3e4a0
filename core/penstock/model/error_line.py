"""Which line says why an attempt failed, out of its outcome and the end of its log. Pure.

What a task said itself counts first (an exception and its message), then how it was ended (a signal, its
time), then its log: the last line that looks like an error, else the last line.
"""

from __future__ import annotations

import re

from penstock.model.fingerprint import LINE_MAX
from penstock.model.outcome import Outcome, OutcomeKind, describe

TAIL = 16 << 10
"""Bytes at the end of a log that are looked at."""

_ERROR = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL|PANIC|SEVERE)\b"
    r"|\b(?:error|fatal|panic|fail(?:ed|ure)?|exception|denied|refused|not found|no such|cannot|could not)\b"
    r"|^\s*(?:[\w.]+\.)?\w*(?:Error|Exception|Interrupt|Warning: error)\b",
    re.IGNORECASE,
)
_LITTLE = frozenset(
    [
        "a",
        "an",
        "and",
        "by",
        "build",
        "called",
        "child",
        "code",
        "command",
        "cmd",
        "elifecycle",
        "err",
        "error",
        "errors",
        "execution",
        "exit",
        "exited",
        "exiting",
        "exits",
        "fail",
        "failed",
        "failing",
        "failure",
        "fatal",
        "finished",
        "has",
        "job",
        "make",
        "mingw",
        "non",
        "none",
        "npm",
        "of",
        "process",
        "program",
        "recipe",
        "reported",
        "return",
        "returned",
        "returning",
        "run",
        "script",
        "shell",
        "status",
        "step",
        "stopped",
        "subprocess",
        "task",
        "target",
        "terminated",
        "the",
        "was",
        "with",
        "worker",
        "zero",
    ]
)
"""Words of lines that only say that something ended with a code: another line says why."""
_WORD = re.compile(r"[A-Za-z]+")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_FRAME = re.compile(r'^\s+(?:File "|at |\^|~)|^\s*Traceback \(most recent call last\)|^\s*\^+\s*$')
_ESCAPES = re.compile(
    r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_CANNOT_BE_KILLED = re.compile(r"^process \d+ \(.*\) cannot be killed")


def error_line(outcome: Outcome | None, tail: bytes) -> str:
    """Return the line that says why an attempt with *outcome* failed; *tail* is the end of its log."""
    if outcome is None:
        return _last_error(tail) or "failed"
    if outcome.kind is not OutcomeKind.EXIT_CODE:
        return clipped(describe(outcome))
    if outcome.reason and not _CANNOT_BE_KILLED.match(outcome.reason):
        return clipped(outcome.reason)
    return _last_error(tail) or clipped(describe(outcome))


def clipped(text: str) -> str:
    """Return *text* as one line of at most `LINE_MAX` characters, without control characters."""
    return " ".join(_ESCAPES.sub("", text.replace("\t", " ").replace("\n", " ")).split())[:LINE_MAX]


def _last_error(tail: bytes) -> str | None:
    """Return the last line of a log that looks like an error and says more than a code, else the last one."""
    lines = [_shown(line) for line in tail.decode(errors="replace").split("\n")]
    said = [line for line in lines if line.strip() and not _FRAME.match(line)]
    errors = [line for line in said if _ERROR.search(line)]
    telling = [line for line in errors if _says_why(line)]
    for found in (telling, errors, said):
        if found:
            return clipped(found[-1])
    return None


def _says_why(line: str) -> bool:
    """Return whether a line says more than that something ended with a code."""
    words = _WORD.findall(_BRACKETS.sub(" ", line))
    return any(word.lower() not in _LITTLE for word in words)


def _shown(line: str) -> str:
    """Return what of a line stayed on the screen: after the last carriage return, without colours."""
    return _ESCAPES.sub("", line.rstrip("\r").rpartition("\r")[2])
