"""Where output goes: documents and tables to stdout, messages to stderr."""

from __future__ import annotations

import errno
import select
import sys

import click

from penstock.charset import carried


def print_json(document: object) -> None:
    """Print *document* as JSON: on one line for programs, indented on a terminal."""
    import msgspec

    data = msgspec.json.encode(document)
    if sys.stdout.isatty():
        data = msgspec.json.format(data, indent=2)
    click.echo(_escaped(data.decode()))


def _escaped(document: str) -> str:
    """Return a JSON document that stdout can encode, without loss."""
    encoding = sys.stdout.encoding or "utf-8"
    if document.isascii() or encoding.lower().replace("-", "") == "utf8":
        return document
    units = document.encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)


def stop_without_reader() -> None:
    """Raise BrokenPipeError if nobody reads stdout any more; call it while there is nothing to write.

    A command that waits would else wait on after its terminal, pipe or connection has gone.
    """
    try:
        handle = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    poller = select.poll()
    poller.register(handle, 0)
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in poller.poll(0)):
        raise BrokenPipeError(errno.EPIPE, "nobody reads the output any more")


def tell(text: str) -> None:
    """Print a result for a person."""
    click.echo(carried(text, sys.stdout))


def say(text: str) -> None:
    """Print a message: progress, hints, errors."""
    click.echo(carried(text, sys.stderr), err=True)
