"""Where words go: documents and tables to stdout, talk to stderr."""

from __future__ import annotations

import sys

import click


def print_json(document: object) -> None:
    """Print *document* as JSON: on one line for programs, indented on a terminal."""
    import msgspec

    data = msgspec.json.encode(document)
    if sys.stdout.isatty():
        data = msgspec.json.format(data, indent=2)
    click.echo(data.decode())


def tell(text: str) -> None:
    """Print a result for a person."""
    click.echo(text)


def say(text: str) -> None:
    """Print talk: what happens, hints, errors."""
    click.echo(text, err=True)
