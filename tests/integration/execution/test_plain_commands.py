"""A command of plain words ends, prints and is seen as under the bash that is installed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from penstock.supervisor import plain_command
from penstock.supervisor import spawn as spawning
from penstock.supervisor.spawn import spawn

PROGRAMS = [
    *(
        "env",
        "printenv",
        "/usr/bin/env",
        "./shows",
        "shows",
        "sub/shows",
        "true",
        "false",
        "echo",
        "sleep",
        "ls",
    ),
    *(
        "./without",
        "without",
        "./closed",
        "closed",
        "sub",
        "./sub",
        "missing",
        "./missing",
        "./orphan",
        "orphan",
    ),
    *("test", "[", "exec", "if", "A=1", "%1", "'env'", ".", "-x", "./binary"),
]
WORDS = [
    *(
        "a",
        "A=b",
        "--flag",
        "-0",
        "''",
        "'a b'",
        '"c d"',
        "x'y z'",
        '"a"b',
        "'$HOME'",
        '"$HOME"',
        "$HOME",
        "*",
        "sh*",
    ),
    *(
        "~",
        "{a,b}",
        "#x",
        "!",
        "a;",
        "|",
        "&&",
        ">out",
        "é",
        "'é\u00a0'",
        "\\a",
        "`true`",
        "$(true)",
        "%",
        "a\nb",
        "'a\nb'",
    ),
]
VARIABLES = {
    "PWD": ["", "/", "/tmp", "here", "link", "sub/.."],
    "OLDPWD": ["", "/", "/nowhere", "sub"],
    "SHLVL": ["", "0", "1", "007", "41", "999", "-3", "x"],
    "_": ["", "/usr/bin/python3"],
    "LC_ALL": ["", "C", "C.UTF-8", "xx"],
    "LANG": ["C.UTF-8", "xx"],
    "A.B": ["1"],
    "IFS": ["a"],
    "PS4": ["x"],
    "UID": ["7"],
    "BASH_ENV": ["./sourced"],
    "BASH_FUNC_env%%": ["() { echo mine; }"],
    "POSIXLY_CORRECT": [""],
    "HOSTNAME": ["h"],
    "COLUMNS": ["9"],
}
PATHS = ["/usr/bin:/bin", "{here}:/usr/bin", ":/usr/bin", "sub:/usr/bin:/bin", "/nowhere:/bin", "~:/usr/bin"]


def write(file: Path, text: str, mode: int = 0o755) -> None:
    file.write_text(text)
    file.chmod(mode)


@pytest.fixture(scope="module")
def here() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve() / "here"
        (place / "sub").mkdir(parents=True)
        (place.parent / "link").symlink_to(place)
        shows = '#!/bin/sh\nprintf "<%s>" "$0" "$@"; env\n'
        write(place / "shows", shows)
        write(place / "sub" / "shows", shows)
        write(place / "without", "echo without a line for its interpreter $*\n")
        write(place / "closed", shows, 0o644)
        write(place / "orphan", "#!/nowhere/python\n")
        write(place / "sourced", "echo sourced\n")
        write(place / "binary", "\x7fELF and no more\0\0")
        yield place


def outcome(here: Path, command: str, env: dict[str, str]) -> tuple[int, list[str]]:
    """Return how *command* ended, and what it printed, in any order: an environment has none."""
    with tempfile.TemporaryFile() as output:
        pid = spawn(["bash", "-c", command], env, str(here), output.fileno())
        _, status = os.waitpid(pid, 0)
        output.seek(0)
        return status, sorted(output.read().decode(errors="surrogateescape").replace("\0", "\n").split("\n"))


commands = st.builds(
    lambda indent, program, words, end: indent + " ".join([program, *words]) + end,
    st.sampled_from(["", "", " ", "\t", "\n  "]),
    st.sampled_from(PROGRAMS),
    st.lists(st.sampled_from(WORDS), max_size=3),
    st.sampled_from(["", "", "\n", " \n\n", " "]),
)
variables = st.fixed_dictionaries(
    {"PATH": st.sampled_from(PATHS)},
    optional={name: st.sampled_from(values) for name, values in VARIABLES.items()},
)
few = st.one_of(
    st.fixed_dictionaries({"PATH": st.sampled_from(PATHS)}),
    st.builds(
        lambda path, pair: {"PATH": path, pair[0]: pair[1]},
        st.sampled_from(PATHS),
        st.sampled_from([(name, value) for name, values in VARIABLES.items() for value in values]),
    ),
    variables,
)


def compare(here: Path, command: str, env: dict[str, str]) -> bool:
    """Run *command* in both ways, and return whether bash was left out in the first."""
    env = {name: value.replace("{here}", str(here)) for name, value in env.items()}
    for name in ("PWD", "OLDPWD"):
        if env.get(name, "/")[:1] not in ("/", ""):
            env[name] = str(here.parent / env[name])
    with pytest.MonkeyPatch.context() as patch:
        taken: list[object] = []

        def watched(*given: object) -> object:
            taken.append(plain_command.without_shell(*given))  # type: ignore[arg-type]
            return taken[-1]

        patch.setattr(spawning, "without_shell", watched)
        found = outcome(here, command, env)
        patch.setattr(spawning, "without_shell", lambda *_: None)
        wanted = outcome(here, command, env)
    assert found == wanted
    return taken[0] is not None


@settings(
    max_examples=400,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(commands, few)
@example("env", {"PATH": "/usr/bin", "PWD": "link", "SHLVL": "3", "OLDPWD": "/nowhere", "_": "x"})
@example("shows 'a b' \"c\"", {"PATH": ":/usr/bin:/bin"})
@example("without x", {"PATH": "{here}:/usr/bin"})
@example("./binary", {"PATH": "/usr/bin"})
@example("./orphan", {"PATH": "/usr/bin"})
def test_as_bash_would(here: Path, command: str, env: dict[str, str]) -> None:
    compare(here, command, env)


def test_plain_commands_were_among_them(here: Path) -> None:
    for command in ("env", "./shows a", "shows 'a b'", "true", "/usr/bin/env"):
        assert compare(here, command, {"PATH": f"{here}:/usr/bin:/bin"})


@pytest.mark.slow
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(commands, few)
def test_as_bash_would_thousands_of_times(here: Path, command: str, env: dict[str, str]) -> None:
    compare(here, command, env)
