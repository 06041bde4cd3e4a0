"""Commands that need no shell: plain words, the first of which names a program.

``bash -c 'load.py --day 2026-01-15'`` starts bash only for bash to become the program. When bash
would do just that, the program is started in its place, with the same words, the same environment and
under the same process id. Whatever bash would do more about, or say, it is asked to: this file never
words an error. What bash does is from its manual (5.2), and tests compare with the bash that is installed.
"""

from __future__ import annotations

import os

from penstock.supervisor.program import find_program

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Mapping, Sequence

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")
"""Characters that mean themselves in a word."""
_NOT_FIRST = frozenset("%=")
"""Those that mean a job or an assignment in a command's first word."""
_NOT_IN_QUOTES = frozenset("\0\1\x7f")
_NOT_IN_DOUBLE_QUOTES = frozenset("\0\1\x7f$`\\!")
_BUILTINS = (
    ". : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs "
    "disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local "
    "logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt source suspend "
    "test times trap true type typeset ulimit umask unalias unset wait"
)
_KEYWORDS = "case coproc do done elif else esac fi for function if in select then time until while"
_BASHS_OWN = frozenset(f"{_BUILTINS} {_KEYWORDS}".split())
"""First words that bash does something about itself."""
_SAME_WITHOUT_ARGUMENTS = frozenset({"true", "false"})
"""Builtins that are a program too, and no different from it when they get no arguments."""
_VARIABLES = (
    "COMP_WORDBREAKS DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID EXECIGNORE FUNCNAME GROUPS HISTCMD IFS "
    "LINENO OPTERR OPTIND PIPESTATUS POSIXLY_CORRECT PPID PS1 PS4 RANDOM SECONDS SHELLOPTS SRANDOM UID"
)
_HEEDED = frozenset(_VARIABLES.split())
"""Variables that bash acts on, or gives another value before a program gets them."""
_LOCALES = frozenset({"", "C", "POSIX", "C.UTF-8", "C.utf8"})
"""Values of LC_ALL that are always there; of one that is not, bash warns."""
_DEEPEST = 998
"""bash complains about more levels of shells than this."""


def words(command: str) -> list[str] | None:
    """Return the words of *command* if they mean themselves and the first may be a program, else None.

    What follows the end of the first line is None too: bash would wait for the program to read on.
    """
    command = command.lstrip(" \t\n").removesuffix("\n")
    found = command.split() if _PLAIN.issuperset(command.replace(" ", "")) else _with_quotes(command)
    if not found or not _names_a_program(found) or not command.startswith(found[0]):
        return None
    return found


def without_shell(
    argv: Sequence[str], env: Mapping[str, str]
) -> tuple[str, list[str], dict[str, str]] | None:
    """Return the program, the words and the environment that ``bash -c`` would become, in this folder.

    None unless *argv* is ``bash -c COMMAND`` and bash would do nothing else. The working directory of this
    process is taken for the command's.
    """
    if len(argv) != 3 or argv[0] != "bash" or argv[1] != "-c":
        return None
    found = words(argv[2])
    if found is None or not _HEEDED.isdisjoint(env) or "~" in env.get("PATH", "~"):
        return None
    if env.get("LC_ALL", "") not in _LOCALES or "\nBASH" in "\n" + "\n".join(env):
        return None
    inherited = _inherited(env)
    if inherited is None:
        return None
    try:
        inherited["_"] = program = find_program(found[0], env["PATH"])
    except OSError:
        return None
    return program, found, inherited


def _with_quotes(command: str) -> list[str] | None:
    found: list[str] = []
    word: str | None = None  # None between words; quotes around nothing are a word too
    at, end = 0, len(command)
    while at < end:
        sign = command[at]
        at += 1
        if sign in _PLAIN:
            word = (word or "") + sign
        elif sign in " \t":
            if word is not None:
                found.append(word)
            word = None
        elif sign in "'\"":
            close = command.find(sign, at)
            inside = command[at:close]
            barred = _NOT_IN_QUOTES if sign == "'" else _NOT_IN_DOUBLE_QUOTES
            if close < 0 or not barred.isdisjoint(inside):
                return None
            word = (word or "") + inside
            at = close + 1
        else:
            return None
    if word is not None:
        found.append(word)
    return found


def _names_a_program(found: list[str]) -> bool:
    first = found[0]
    if not first or not _PLAIN.issuperset(first) or not _NOT_FIRST.isdisjoint(first):
        return False
    return first not in _BASHS_OWN or (first in _SAME_WITHOUT_ARGUMENTS and len(found) == 1)


def _inherited(env: Mapping[str, str]) -> dict[str, str] | None:
    """Return *env* as bash passes it on, or None when bash would have something to say about it."""
    level = env.get("SHLVL", "0")
    if not level.isdecimal() or not level.isascii() or int(level) > _DEEPEST:
        return None
    try:
        here, known = os.getcwd(), env.get("PWD")
        if known is not None and known != here and _is_here(known):
            here = known
    except OSError:
        return None
    passed = {**env, "PWD": here, "SHLVL": str(int(level))}
    if "OLDPWD" in env and not os.path.isdir(env["OLDPWD"]):
        del passed["OLDPWD"]
    return passed


def _is_here(path: str) -> bool:
    """Tell whether *path*, as a shell keeps it in PWD, is the working directory by another way."""
    try:
        return path.startswith("/") and os.path.samestat(os.stat(path), os.stat("."))
    except (OSError, ValueError):
        return False
