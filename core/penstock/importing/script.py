"""From a command of cron to one for `BashOperator`: its shell, its input, its user, its template."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

_READ_ALIKE = frozenset({"sh", "ash", "dash"})
_BASH_ONLY = re.compile(
    r"""\becho\b[^|;&]*\\ | \becho\s+-[neE] | &> | \|& | \[\[ | [<>]\( | \$['"] | <<< | \bRANDOM\b
      | \b(?:source|function|let|declare|typeset|pushd|popd|shopt|local|select|coproc)\s
      | \{[^{}\s]*(?:,|\.\.)[^{}\s]*\} | \s==\s | =~ | (?<!\$)\(\( | \$\{?(?:BASH|HOSTNAME|UID|SECONDS|OSTYPE)
      | \$\{[^}]*[/^,@][^}]*\} | \b(?:exec|trap|read|ulimit|type|printf)\b | \btime\s""",
    re.VERBOSE,
)
"""What bash may read in another way than sh does; at worst, sh is called without need."""
_MARKER = re.compile(r"\{[\{%#]")
_END_RAW = re.compile(r"\{%[-+]?\s*endraw")
_FILE_ENDINGS = (".sh", ".bash")


def in_shell(command: str, shell: str) -> str:
    """Return what bash runs so that *shell* reads *command*."""
    name = shell.rpartition("/")[2]
    if name == "bash" or (name in _READ_ALIKE and not _BASH_ONLY.search(command)):
        return command
    return f"{shlex.quote(shell)} -c {shlex.quote(command)}"


def with_input(command: str, text: str, *, plain: bool) -> str:
    """Return *command* as it reads *text*; it must be *plain*, one program, or it is put into braces."""
    word, number = "END", 2
    lines = text.removesuffix("\n").split("\n")
    while word in lines:
        word, number = f"END_{number}", number + 1
    body = "\n".join(lines)
    if plain:
        return f"{command} <<'{word}'\n{body}\n{word}"
    return f"{{\n{command}\n}} <<'{word}'\n{body}\n{word}"


def as_user(command: str, user: str, variables: Iterable[str], shell: str, cwd: str | None = None) -> str:
    """Return what runs *command* as *user* with these variables of the task, in *cwd* or the home."""
    passed = " ".join(f'{name}="${name}"' for name in variables if re.fullmatch(r"[A-Za-z_]\w*", name))
    folder = '"$HOME"' if cwd is None else shlex.quote(cwd)
    script = f"cd {folder} || exit\n{command}"
    return f"sudo -n -u {shlex.quote(user)} env {passed} {shlex.quote(shell)} -c {shlex.quote(script)}"


def sudo_note(user: str, runs_as: str) -> str:
    """Return what to know about a job of another user."""
    allowed = "" if runs_as == "root" else f", so {runs_as} must be allowed to, without a password"
    return f"it ran as {user}; here sudo does that{allowed}"


def as_template(text: str, *, command: bool = False) -> str:
    """Return a template that renders to *text*, which is none itself and names no file."""
    if _MARKER.search(text):
        if _END_RAW.search(text):
            return _MARKER.sub(lambda sign: f"{{{{ '{sign[0]}' }}}}", text)
        return f"{{% raw %}}{text}{{% endraw %}}"
    if text.endswith(_FILE_ENDINGS):
        return f"{text} " if command else f"{{{{ {text!r} }}}}"
    return text
