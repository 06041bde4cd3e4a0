"""The entry point: from arguments to an exit code.

0 done, 1 the run or task failed (or the act was refused), 2 wrong usage, 3 no engine where one is
needed, 5 the host cannot be reached, 255 its connection was lost. `--version` is answered here, before
anything is imported.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from penstock.charset import never_fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.cli.session import Session
    from penstock.errors import PenstockError

INTERRUPTED = 130
"""The exit code that shells expect after ctrl-c."""
_ALLOCATIONS_BETWEEN_COLLECTIONS = 100_000


def main() -> int:
    """Run the process's arguments and return the exit code."""
    never_fail(sys.stdout)
    never_fail(sys.stderr)
    if sys.argv[1:] == ["--version"]:
        from penstock.version import __version__

        sys.stdout.write(f"penstock {__version__}\n")
        return 0
    # Imports make many objects and no garbage; the collector would take a fifth of a command's time.
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    if sys.argv[1:] == ["up"]:
        return _engine()
    from penstock.cli.glance import glance

    answer = glance(sys.argv[1:])
    return run(sys.argv[1:]) if answer is None else answer


def run(arguments: Sequence[str], session: Session | None = None) -> int:
    """Run *arguments* and return the exit code; errors are printed, never raised.

    *session* brings its own engine, for tests.
    """
    import click

    from penstock.cli.root import penstock
    from penstock.cli.session import Session
    from penstock.errors import PenstockError

    session = session or Session()
    try:
        there = _there(arguments)
        if there is not None:
            return there
        answer = penstock.main(list(arguments), prog_name="penstock", standalone_mode=False, obj=session)
        return answer if isinstance(answer, int) else 0
    except click.Abort:
        sys.stderr.write("\n")
        return INTERRUPTED
    except click.ClickException as error:
        text = _click_text(error)
        _fail(arguments, "UsageError", error.format_message(), text)
        return 2
    except PenstockError as error:
        return _failed(arguments, error)
    finally:
        session.close()


def _engine() -> int:
    """Run the engine in this process, without the command line's own library."""
    from penstock.cli.own_engine import run_engine
    from penstock.errors import PenstockError
    from penstock.settings import load_settings

    try:
        return run_engine(load_settings())
    except KeyboardInterrupt:
        return INTERRUPTED
    except PenstockError as error:
        return _failed(["up"], error)


def _there(arguments: Sequence[str]) -> int | None:
    """Run *arguments* on the hosts that they name before the command; None if they name none."""
    if not any(word.startswith("--host") for word in arguments):
        return None
    from penstock.cli.far import asked_of, run_there

    asked = asked_of(arguments)
    return None if asked is None else run_there(asked)


def _click_text(error: Exception) -> str:
    """Return the usage line and the error, in click's words."""
    context = getattr(error, "ctx", None)
    message = getattr(error, "format_message", lambda: str(error))()
    if context is None:
        return f"penstock: {message}"
    return (
        f"{context.get_usage()}\n"
        f"penstock: {message}\n"
        f"`{context.command_path} --help` says more, with examples."
    )


def _failed(arguments: Sequence[str], error: PenstockError) -> int:
    """Print an error; return the exit code."""
    from penstock.terminal_text import clean

    text = clean(str(error))
    _fail(arguments, type(error).__name__, text, f"penstock: {text}")
    return error.exit_code


def _fail(arguments: Sequence[str], kind: str, message: str, text: str) -> None:
    """Print the error on stderr, and as a document on stdout if --json was given."""
    from penstock.cli.output import print_json, say

    if "--json" in arguments:
        print_json({"error": {"kind": kind, "message": message}})
    say(text)
