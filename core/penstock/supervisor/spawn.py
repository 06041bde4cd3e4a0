"""Starting a command: in its own session, with default signals and no file of ours open."""

from __future__ import annotations

import errno
import os

from penstock.stray_signals import ALL
from penstock.supervisor.plain_command import without_shell
from penstock.supervisor.program import find_program

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Iterable, Mapping, Sequence

NOT_FOUND = 127
NOT_RUNNABLE = 126
BUSY = frozenset({errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors that pass: worth trying again a moment later."""

_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
# An ignored signal stays ignored across exec (Python, nohup and shells ignore some): reset all.
_RESET = sorted(ALL)


class CannotStartError(Exception):
    """The command cannot be started, also not a moment later.

    ``exit_code`` is what a shell would have said: 127 not found, 126 found but not runnable.
    """

    def __init__(self, exit_code: int, reason: str) -> None:
        super().__init__(reason)
        self.exit_code = exit_code


def spawn(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: str | None,
    stdout: int,
    stderr: int | None = None,
    *,
    umask: int | None = None,
    blocked: Iterable[int] = (),
) -> int:
    """Start *argv* with exactly *env* and return its pid; outputs go to *stdout* (and *stderr* if given).

    A ``bash -c`` of plain words starts their program, see `plain_command`. The process gets *umask*
    (None: ours) and the default action for every signal, with only *blocked* blocked.

    Raises `CannotStartError`, or OSError with a number in `BUSY` if the machine is short of something at
    the moment. This process changes to *cwd* and back to ``/``, and takes *umask* for that time: posix_spawn
    has no other way to pass them on.
    """
    try:
        os.chdir(cwd or "/")
    except OSError as error:
        raise CannotStartError(NOT_RUNNABLE, f"working directory {cwd}: {error.strerror}") from None
    if not argv:
        raise CannotStartError(NOT_RUNNABLE, "there is no command")
    own = None if umask is None else os.umask(umask)
    try:
        outputs = (stdout, stdout if stderr is None else stderr)
        plain = without_shell(argv, env)
        if plain is not None:
            try:
                return _posix_spawn(*plain, outputs, blocked)
            except OSError as error:
                if error.errno in BUSY:
                    raise
                # Not a program after all: bash knows what to do, or what to say.
        program = find_program(argv[0], env.get("PATH", _DEFAULT_PATH))
        return _posix_spawn(program, argv, env, outputs, blocked)
    except ValueError as error:  # a NUL byte in an argument or a variable
        raise CannotStartError(NOT_RUNNABLE, f"{argv[0]}: {error}") from None
    except OSError as error:
        if error.errno in BUSY:
            raise
        raise _explained(argv[0], error) from None
    finally:
        if own is not None:
            os.umask(own)
        if cwd is not None:
            os.chdir("/")


def _posix_spawn(
    program: str,
    argv: Sequence[str],
    env: Mapping[str, str],
    outputs: tuple[int, int],
    blocked: Iterable[int],
) -> int:
    return os.posix_spawn(
        program,
        list(argv),
        dict(env),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, outputs[0], 1),
            (os.POSIX_SPAWN_DUP2, outputs[1], 2),
        ],
        setsid=True,
        setsigmask=list(blocked),
        setsigdef=_RESET,
    )


def _explained(name: str, error: OSError) -> CannotStartError:
    if isinstance(error, FileNotFoundError):
        text = error.strerror if "PATH" in str(error.strerror) else "no such file"
        if "/" in name and os.path.exists(name):
            text = "its interpreter (the #! line) does not exist"
        return CannotStartError(NOT_FOUND, f"{name}: {text}")
    if error.errno == errno.ENOEXEC:
        return CannotStartError(NOT_RUNNABLE, f"{name}: not a program, and without a #! line")
    if error.errno == errno.E2BIG:
        return CannotStartError(NOT_RUNNABLE, f"{name}: arguments and environment are too large (E2BIG)")
    return CannotStartError(NOT_RUNNABLE, f"{name}: {os.strerror(error.errno or 0)}")
